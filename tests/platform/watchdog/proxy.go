package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"
)

// proxy relays a call to the function by one of two paths, which the request's Accept header alone chooses (T1): the
// streaming path is net/http's reverse proxy, the plain path its client and a copy. The platform uses the same code, so both
// flush as the platform does (T2), end a broken answer as it does (T3), and pass a client's disconnect on.
type proxy struct {
	settings
	streaming *httputil.ReverseProxy
	plain     *http.Client
}

func newProxy(s settings) *proxy {
	return &proxy{
		settings: s,
		streaming: &httputil.ReverseProxy{
			// Scheme and host only: a path in upstream_url has no effect here.
			Director: func(r *http.Request) {
				r.URL.Scheme, r.URL.Host = "http", s.upstream.Host
				if _, isSet := r.Header["User-Agent"]; !isSet {
					r.Header.Set("User-Agent", "") // none, instead of net/http's own
				}
			},
			// A function that cannot be reached is an empty 200 (T4).
			ErrorHandler: func(http.ResponseWriter, *http.Request, error) {},
			ErrorLog:     log.New(io.Discard, "", 0),
		},
		plain: &http.Client{
			Transport: &http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				DialContext:         (&net.Dialer{Timeout: s.execTimeout}).DialContext,
				MaxIdleConnsPerHost: 100,
				// Connections to the function are kept, but for no longer than its server may keep them.
				IdleConnTimeout:       500 * time.Millisecond,
				ExpectContinueTimeout: 1500 * time.Millisecond,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	body := r.Body
	if p.bufferBody {
		// The body is read already, so the streaming path has none (T6).
		whole, _ := io.ReadAll(r.Body)
		body = io.NopCloser(bytes.NewReader(whole))
	}
	if wantsStream(r.Header) {
		p.streaming.ServeHTTP(w, r) // a cut stream does not come back from here, and is not logged
		log.Printf("%s %s - 200 - Bytes: 0B (%.4fs)", r.Method, r.RequestURI, time.Since(started).Seconds())
		return
	}
	p.relay(w, r, body, started)
}

// wantsStream looks at the first of several Accept lines.
func wantsStream(h http.Header) bool {
	accept := strings.ToLower(h.Get("Accept"))
	return strings.Contains(accept, "text/event-stream") || strings.Contains(accept, "application/x-ndjson") ||
		h.Get("Upgrade") == "websocket"
}

func (p *proxy) relay(w http.ResponseWriter, r *http.Request, body io.Reader, started time.Time) {
	ctx := r.Context()
	if limit := p.callTimeout(r); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	call, err := http.NewRequestWithContext(ctx, r.Method, p.upstream.String()+r.RequestURI, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	call.Host, call.Header = r.Host, r.Header.Clone()

	answer, err := p.plain.Do(call)
	if err != nil {
		p.fail(w, ctx, err, started)
		return
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	untilHeaders := seconds(started)
	w.Header().Set("X-Duration-Seconds", untilHeaders)
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		log.Printf("answer not copied whole: %v", err) // and yet it ends as if it were (T3)
	}
	p.logCall(r, answer, untilHeaders)
}

// callTimeout is exec_timeout, or the caller's X-Timeout where that is shorter.
func (p *proxy) callTimeout(r *http.Request) time.Duration {
	if asked, err := time.ParseDuration(r.Header.Get("X-Timeout")); err == nil && asked <= p.execTimeout {
		return asked
	}
	return p.execTimeout
}

func (p *proxy) fail(w http.ResponseWriter, ctx context.Context, err error, started time.Time) {
	log.Printf("no answer from the function: %v", err)
	status := http.StatusInternalServerError
	if ctx.Err() != nil {
		log.Printf("killed by exec_timeout %s", p.execTimeout) // also if the client has disconnected
		status = http.StatusGatewayTimeout
	}
	w.Header().Set("X-Duration-Seconds", seconds(started))
	w.Header().Set("X-OpenFaaS-Internal", "of-watchdog")
	w.WriteHeader(status)
}

func (p *proxy) logCall(r *http.Request, answer *http.Response, untilHeaders string) {
	if strings.HasPrefix(r.UserAgent(), "kube-probe") {
		return
	}
	id := ""
	if p.logCallID {
		id = " [none]"
		if given := r.Header.Get("X-Call-Id"); given != "" {
			id = " [" + given + "]"
		}
	}
	log.Printf("%s %s - %s - ContentLength: %dB (%ss)%s",
		r.Method, r.RequestURI, answer.Status, answer.ContentLength, untilHeaders, id)
}

func seconds(since time.Time) string { return fmt.Sprintf("%f", time.Since(since).Seconds()) }
