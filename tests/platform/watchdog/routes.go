package main

import (
	"net/http"
	"path"
)

// routes redirects a path that is not clean before anything else sees it: 307, as today's net/http does, where the
// ServeMux of older releases says 301.
func routes(h *health, calls http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.URL.EscapedPath()
		if clean := cleaned(given); clean != given && r.Method != http.MethodConnect {
			target := *r.URL
			target.Path, target.RawPath = clean, ""
			http.Redirect(w, r, target.String(), http.StatusTemporaryRedirect)
			return
		}
		switch given {
		case "/_/health":
			h.serveHealth(w, r)
		case "/_/ready":
			h.serveReady(w, r)
		default:
			calls.ServeHTTP(w, r)
		}
	})
}

func cleaned(given string) string {
	clean := path.Clean("/" + given)
	if given != "" && given[len(given)-1] == '/' && clean != "/" {
		clean += "/"
	}
	return clean
}
