package main

import (
	"sort"
	"syscall"
	"time"
)

// summary is what is printed. Seconds: from the first request to the end of the last stream. CPU: of this process.
type summary struct {
	Ends           map[string]int `json:"ends"`
	Reasons        []string       `json:"reasons"`
	Tokens         int            `json:"tokens"`
	Seconds        float64        `json:"seconds"`
	CPU            float64        `json:"cpu_s"`
	AddedLatencyMs quantiles      `json:"added_latency_ms"`
	FirstTokenMs   quantiles      `json:"first_token_ms"`
}

type quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

const reasonsShown = 3

func summarize(all []stream, took time.Duration) summary {
	sum := summary{Ends: map[string]int{}, Reasons: []string{}, Seconds: took.Seconds(), CPU: cpuSeconds()}
	var addedLatency, firstToken []int32
	for _, s := range all {
		sum.Ends[s.end]++
		if s.reason != "" && len(sum.Reasons) < reasonsShown {
			sum.Reasons = append(sum.Reasons, s.reason)
		}
		if len(s.addedLatency) > 0 {
			firstToken = append(firstToken, s.firstToken)
		}
		addedLatency = append(addedLatency, s.addedLatency...)
	}
	sum.Tokens = len(addedLatency)
	sum.AddedLatencyMs, sum.FirstTokenMs = quantilesOf(addedLatency), quantilesOf(firstToken)
	return sum
}

// quantilesOf turns microseconds into milliseconds; each quantile is the nearest rank.
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
