package main

import (
	"log"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
)

// health answers /_/health and /_/ready. It knows that the watchdog has started and got no SIGTERM yet, and that the lock
// file exists. It knows nothing about the function, unless ready_path is set (T11).
type health struct {
	accepting atomic.Bool
	lockFile  string
	readyPath string
	function  http.Handler
	limit     *limiter
}

func (h *health) open() { h.accepting.Store(true) }

func (h *health) openWithLock() error {
	if err := os.MkdirAll(filepath.Dir(h.lockFile), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(h.lockFile, nil, 0o660); err != nil {
		return err
	}
	h.open()
	return nil
}

// close also removes a lock file that the function wrote.
func (h *health) close() {
	h.accepting.Store(false)
	if err := os.Remove(h.lockFile); err != nil {
		log.Printf("cannot remove the lock file: %v", err)
	}
}

func (h *health) isOpen() bool {
	_, err := os.Stat(h.lockFile)
	return h.accepting.Load() && err == nil
}

func (h *health) serveHealth(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !h.isOpen():
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		_, _ = w.Write([]byte("OK"))
	}
}

func (h *health) serveReady(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !h.isOpen():
		w.WriteHeader(http.StatusServiceUnavailable)
	case h.limit.isReached():
		w.WriteHeader(http.StatusTooManyRequests)
	case h.readyPath != "":
		// With the probe's own headers: one that accepts an event stream gets the streaming path's empty 200 (T4).
		question, err := http.NewRequestWithContext(r.Context(), http.MethodGet, h.readyPath, http.NoBody)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		question.RequestURI, question.Header, question.RemoteAddr = h.readyPath, r.Header.Clone(), r.RemoteAddr
		h.function.ServeHTTP(w, question)
	}
}
