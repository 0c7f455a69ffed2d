package main

import (
	"net/http"
	"net/url"
	"strings"
)

// provider finds a function by its name, and passes the call on without the prefix that names it.
type provider struct {
	hop
	functions map[string]*url.URL
}

func newProvider(s settings) *provider {
	wantsStream := netesWantsStream
	if s.flavour == faasd {
		wantsStream = func(h http.Header) bool { return h.Get("Accept") == "text/event-stream" }
	}
	return &provider{
		functions: s.functions,
		hop:       hop{wantsStream: wantsStream, plainTimeout: s.provider.read, plainFailure: http.StatusInternalServerError},
	}
}

func netesWantsStream(h http.Header) bool {
	accept := strings.ToLower(h.Get("Accept"))
	return strings.Contains(accept, "text/event-stream") || strings.Contains(accept, "application/x-ndjson") ||
		h.Get("Upgrade") == "websocket"
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !allowed[r.Method] {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	name, rest := split(strings.TrimPrefix(r.URL.Path, functionPrefix))
	function := p.functions[qualified(name)]
	if function == nil {
		http.Error(w, "no function "+qualified(name), http.StatusNotFound)
		return
	}
	target := *function
	target.Path, target.RawQuery = rest, r.URL.RawQuery
	if _, escaped := split(strings.TrimPrefix(r.URL.EscapedPath(), functionPrefix)); escaped != rest {
		target.RawPath = escaped
	}
	p.relay(w, r, &target)
}

var allowed = map[string]bool{
	http.MethodGet: true, http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true,
	http.MethodDelete: true, http.MethodOptions: true, http.MethodHead: true,
}

// split returns the function's name, and the path that the function gets.
func split(address string) (name, rest string) {
	name, rest, _ = strings.Cut(address, "/")
	return name, "/" + rest
}
