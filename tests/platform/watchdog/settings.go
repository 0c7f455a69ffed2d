package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const defaultTimeout = 30 * time.Second

type settings struct {
	port                int
	command             []string
	upstream            *url.URL
	readTimeout         time.Duration
	writeTimeout        time.Duration
	execTimeout         time.Duration
	healthcheckInterval time.Duration
	maxInflight         int64
	readyPath           string
	bufferBody          bool
	suppressLock        bool
	lockFile            string
	prefixLogs          bool
	logBufferSize       int
	logCallID           bool
}

type environment func(name string) (value string, isSet bool)

// readSettings is as lenient as the platform (a malformed value silently becomes the default), unless the stand-in would
// then behave differently from what the test has asked for.
func readSettings(env environment) (settings, error) {
	write := env.duration("write_timeout", defaultTimeout)
	s := settings{
		port:                env.number("port", 8080),
		command:             strings.Split(env.first("function_process", "fprocess"), " "),
		readTimeout:         env.duration("read_timeout", defaultTimeout),
		writeTimeout:        write,
		execTimeout:         env.duration("exec_timeout", defaultTimeout),
		healthcheckInterval: env.duration("healthcheck_interval", write),
		maxInflight:         int64(env.number("max_inflight", 0)),
		readyPath:           env.first("ready_path"),
		bufferBody:          env.isTrue("http_buffer_req_body") || env.isTrue("buffer_http"),
		suppressLock:        env.isTrue("suppress_lock"),
		lockFile:            filepath.Join(os.TempDir(), ".lock"),
		prefixLogs:          env.laxlyTrue("prefix_logs", true),
		logBufferSize:       bufio.MaxScanTokenSize,
		logCallID:           env.laxlyTrue("log_callid", false),
	}
	if mode := env.first("mode"); mode != "http" {
		return s, fmt.Errorf("mode is %q, but only mode http is here: set mode=http", mode)
	}
	if env.isTrue("jwt_auth") {
		return s, errors.New("jwt_auth is not here: unset it, or use the real of-watchdog")
	}
	if s.command[0] == "" {
		return s, errors.New("no command: set fprocess, for example fprocess=\"python index.py\"")
	}
	if s.writeTimeout == 0 {
		return s, errors.New("write_timeout is 0: set a duration above 0, for example write_timeout=30s")
	}
	if size, isSet := env("log_buffer_size"); isSet {
		var err error
		if s.logBufferSize, err = strconv.Atoi(size); err != nil {
			return s, fmt.Errorf("log_buffer_size is %q: set a number of bytes, or -1 for no limit", size)
		}
	}
	address := env.first("http_upstream_url", "upstream_url")
	upstream, err := url.Parse(address)
	if err != nil || address == "" {
		return s, fmt.Errorf("upstream_url is %q: set the function's address, as http://127.0.0.1:5000", address)
	}
	s.upstream = upstream
	return s, nil
}

// first is the value of the first name that is set, even if it is set to nothing.
func (env environment) first(names ...string) string {
	for _, name := range names {
		if value, isSet := env(name); isSet {
			return value
		}
	}
	return ""
}

func (env environment) isTrue(name string) bool {
	value := env.first(name)
	return value == "true" || value == "1"
}

func (env environment) laxlyTrue(name string, otherwise bool) bool {
	if value, err := strconv.ParseBool(env.first(name)); err == nil {
		return value
	}
	return otherwise
}

func (env environment) number(name string, otherwise int) int {
	value, isSet := env(name)
	if !isSet {
		return otherwise
	}
	number, _ := strconv.Atoi(value)
	return number
}

// duration reads whole seconds or a Go duration.
func (env environment) duration(name string, otherwise time.Duration) time.Duration {
	value := env.first(name)
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if duration, err := time.ParseDuration(value); err == nil {
		return duration
	}
	return otherwise
}
