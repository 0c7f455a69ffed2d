package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// hop relays a call to the next server by one of two paths, which the request's Accept header alone chooses, by this hop's
// own test (T1). The streaming path is net/http's reverse proxy, the plain one its client and a copy. The platform uses the
// same code, so both flush as the platform does (T2), and pass a client's disconnect on.
type hop struct {
	wantsStream  func(http.Header) bool
	plainTimeout time.Duration // of a whole call
	plainFailure int           // the status of a plain call that failed
}

// The body's copy ends where a broken answer does; a redirect is the caller's to follow.
var plain = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

var quiet = log.New(io.Discard, "", 0)

func (h *hop) relay(w http.ResponseWriter, r *http.Request, target *url.URL) {
	// The body is read whole before it is sent on, so that no test meets the cuts of T17 here by chance.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.Body = http.NoBody
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if h.wantsStream(r.Header) {
		h.stream(w, r, target)
		return
	}
	h.copy(w, r, target)
}

// stream keeps the caller's Host, and appends the answer's headers to those that are set already.
func (h *hop) stream(w http.ResponseWriter, r *http.Request, target *url.URL) {
	proxy := httputil.ReverseProxy{
		Director: func(call *http.Request) { call.URL = target },
		// Whatever fails before the answer's headers is an empty 200 (T4).
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {},
		ErrorLog:     quiet,
	}
	proxy.ServeHTTP(w, r)
}

// copy sends the next server's own address as Host, and the answer's headers in place of those that are set already.
func (h *hop) copy(w http.ResponseWriter, r *http.Request, target *url.URL) {
	ctx := r.Context()
	if h.plainTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.plainTimeout)
		defer cancel()
	}
	call, err := http.NewRequestWithContext(ctx, r.Method, target.String(), r.Body)
	if err != nil {
		w.WriteHeader(h.plainFailure)
		return
	}
	call.ContentLength, call.Header = r.ContentLength, r.Header.Clone()
	if call.Header.Get("X-Forwarded-Host") == "" {
		call.Header.Set("X-Forwarded-Host", r.Host)
	}
	answer, err := plain.Do(call)
	if err != nil {
		log.Printf("no answer: %v", err)
		w.WriteHeader(h.plainFailure)
		return
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		log.Printf("answer not copied whole: %v", err) // and yet it ends as if it were (T3)
	}
}
