package main

import (
	"fmt"
	"net/http"
	"sync/atomic"
)

// limiter answers 429 to a call above max_inflight; 0 is no limit.
type limiter struct {
	next     http.Handler
	max      int64
	inFlight atomic.Int64
}

func (l *limiter) isReached() bool { return l.max > 0 && l.inFlight.Load() >= l.max }

func (l *limiter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.inFlight.Add(1) > l.max && l.max > 0 {
		l.inFlight.Add(-1)
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-OpenFaaS-Internal", "faas-middleware")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, "more than %d calls at a time (max_inflight)\n", l.max)
		return
	}
	l.next.ServeHTTP(w, r)
	// Not deferred, to reproduce T5: a stream that is cut panics, and so never gives its slot back.
	l.inFlight.Add(-1)
}
