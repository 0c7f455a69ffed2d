package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

const (
	functionPrefix = "/function/"
	asyncPrefix    = "/async-function/"
)

// gateway passes every call of a function on to the provider, under the same address.
type gateway struct {
	hop
	provider string
	timeout  time.Duration // upstream_timeout: of every call, streamed or not
}

func newGateway(s settings, provider string) *gateway {
	return &gateway{
		provider: provider,
		timeout:  s.upstreamTimeout,
		hop: hop{
			// Case-sensitive, and of the first Accept line only (T1).
			wantsStream:  func(h http.Header) bool { return strings.HasPrefix(h.Get("Accept"), "text/event-stream") },
			plainFailure: http.StatusBadGateway,
		},
	}
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name(w, r)
	w.Header().Set("X-Served-By", "gateway-stand-in")
	ctx, cancel := context.WithTimeout(r.Context(), g.timeout)
	defer cancel()
	// A stream that breaks ends here like a complete one: with status 200 and a terminator (T3).
	defer func() {
		if broken := recover(); broken != nil && broken != http.ErrAbortHandler {
			panic(broken)
		}
	}()
	target := *r.URL
	target.Scheme, target.Host = "http", g.provider
	g.relay(w, r.WithContext(ctx), &target)
}

// name gives a call its id and its time. The response has the id, unless the caller has sent its own.
func name(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Call-Id") == "" {
		id := make([]byte, 16)
		_, _ = rand.Read(id)
		r.Header.Set("X-Call-Id", fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]))
		w.Header().Set("X-Call-Id", r.Header.Get("X-Call-Id"))
	}
	r.Header.Set("X-Start-Time", strconv.FormatInt(time.Now().UnixNano(), 10))
}

// routes redirects an address that is not clean before anything else sees it.
func routes(g *gateway, w *worker) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		given := r.URL.Path
		if clean := cleaned(given); clean != given {
			target := url.URL{Path: clean, RawQuery: r.URL.RawQuery}
			http.Redirect(answer, r, target.String(), http.StatusMovedPermanently)
			return
		}
		switch {
		case strings.HasPrefix(given, functionPrefix):
			g.ServeHTTP(answer, r)
		case strings.HasPrefix(given, asyncPrefix):
			w.ServeHTTP(answer, r)
		default:
			http.NotFound(answer, r)
		}
	})
}

func cleaned(given string) string {
	clean := path.Clean("/" + given)
	if strings.HasSuffix(given, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}
