package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const maxAsyncBytes = 256_000

// worker takes asynchronous calls, and sends one after the other to the gateway itself. It reads the answer to its end and
// posts it once to the caller's X-Callback-Url (T16).
type worker struct {
	gateway string
	queue   chan asyncCall
}

type asyncCall struct {
	name   string
	path   string // after /async-function/
	query  string
	header http.Header
	body   []byte
}

func newWorker(gateway string) *worker {
	return &worker{gateway: gateway, queue: make(chan asyncCall, 100)}
}

func (k *worker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAsyncBytes))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	name(w, r)
	rest := strings.TrimPrefix(r.URL.Path, asyncPrefix)
	function, _ := split(rest)
	k.queue <- asyncCall{name: function, path: rest, query: r.URL.RawQuery, header: r.Header.Clone(), body: body}
	w.WriteHeader(http.StatusAccepted)
}

func (k *worker) run() {
	for call := range k.queue {
		if err := k.make(call); err != nil {
			log.Printf("asynchronous call of %s: %v", call.name, err)
		}
	}
}

func (k *worker) make(call asyncCall) error {
	started := time.Now()
	target := url.URL{Scheme: "http", Host: k.gateway, Path: functionPrefix + call.path, RawQuery: call.query}
	answer, err := post(target.String(), call.header, call.body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	// What is cut on the way arrives here as complete, and is reported with its status (T3).
	whole, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	callback := call.header.Get("X-Callback-Url")
	if callback == "" {
		return nil
	}
	header := answer.Header.Clone()
	header.Set("X-Function-Status", strconv.Itoa(answer.StatusCode))
	header.Set("X-Function-Name", call.name)
	header.Set("X-Duration-Seconds", fmt.Sprintf("%f", time.Since(started).Seconds()))
	header.Set("X-Call-Id", call.header.Get("X-Call-Id"))
	received, err := post(callback, header, whole)
	if err != nil {
		return err
	}
	return received.Body.Close()
}

func post(target string, header http.Header, body []byte) (*http.Response, error) {
	request, err := http.NewRequest(http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = header
	return plain.Do(request)
}
