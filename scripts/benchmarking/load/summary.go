package main

import (
	"sort"
	"syscall"
	"time"
)

// summary: what is printed. seconds: from the first request to the last stream's end; cpu_s: this process's own.
type summary struct {
	Ends         map[string]int `json:"ends"`
	Why          []string       `json:"why"`
	Tokens       int            `json:"tokens"`
	Seconds      float64        `json:"seconds"`
	CPU          float64        `json:"cpu_s"`
	LatenessMs   quantiles      `json:"lateness_ms"`
	FirstTokenMs quantiles      `json:"first_token_ms"`
}

type quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

const reasonsShown = 3

func summarize(all []stream, took time.Duration) summary {
	told := summary{Ends: map[string]int{}, Why: []string{}, Seconds: took.Seconds(), CPU: cpuSeconds()}
	var lateness, first []int32
	for _, s := range all {
		told.Ends[s.end]++
		if s.why != "" && len(told.Why) < reasonsShown {
			told.Why = append(told.Why, s.why)
		}
		if len(s.lateness) > 0 {
			first = append(first, s.firstToken)
		}
		lateness = append(lateness, s.lateness...)
	}
	told.Tokens = len(lateness)
	told.LatenessMs, told.FirstTokenMs = quantilesOf(lateness), quantilesOf(first)
	return told
}

// quantilesOf gives milliseconds of microseconds, by nearest rank.
func quantilesOf(values []int32) quantiles {
	if len(values) == 0 {
		return quantiles{}
	}
	sort.Slice(values, func(i, j int) bool { return values[i] < values[j] })
	rank := func(percent int) float64 {
		return float64(values[(len(values)*percent+99)/100-1]) / 1000
	}
	return quantiles{P50: rank(50), P99: rank(99), Max: rank(100)}
}

func cpuSeconds() float64 {
	var used syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}
