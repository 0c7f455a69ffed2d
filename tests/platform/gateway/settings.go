package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	faasNetes        = "faas-netes"
	faasd            = "faasd"
	defaultNamespace = "openfaas-fn"
)

type timeouts struct {
	read  time.Duration
	write time.Duration
}

type settings struct {
	port            int
	flavour         string
	functions       map[string]*url.URL // by name and namespace: "chat.openfaas-fn"
	upstreamTimeout time.Duration
	gateway         timeouts
	provider        timeouts
}

type environment func(name string) (value string, isSet bool)

// readSettings refuses what it cannot read, because a test that misspells a limit would measure another limit.
func readSettings(env environment) (settings, error) {
	s := settings{flavour: env.or("provider", faasNetes), functions: map[string]*url.URL{}}
	var err error
	if s.port, err = strconv.Atoi(env.or("port", "8080")); err != nil {
		return s, fmt.Errorf("port is %q: set a number", env.or("port", ""))
	}
	if s.flavour != faasNetes && s.flavour != faasd {
		return s, fmt.Errorf("provider is %q: set %s or %s", s.flavour, faasNetes, faasd)
	}
	for _, function := range strings.Fields(env.or("functions", "")) {
		name, address, _ := strings.Cut(function, "=")
		target, err := url.Parse(address)
		if err != nil || target.Host == "" {
			return s, fmt.Errorf("functions has %q: set name=address, as chat=http://127.0.0.1:8080", function)
		}
		s.functions[qualified(name)] = target
	}
	for _, limit := range []struct {
		name      string
		otherwise string
		value     *time.Duration
	}{
		{"upstream_timeout", "60s", &s.upstreamTimeout},
		{"write_timeout", "60s", &s.gateway.write},
		{"read_timeout", env.or("write_timeout", "60s"), &s.gateway.read},
		{"provider_write_timeout", "60s", &s.provider.write},
		{"provider_read_timeout", env.or("provider_write_timeout", "60s"), &s.provider.read},
	} {
		if *limit.value, err = duration(env.or(limit.name, limit.otherwise)); err != nil {
			return s, fmt.Errorf("%s: %v: set whole seconds or a duration such as 500ms", limit.name, err)
		}
	}
	return s, nil
}

func (env environment) or(name, otherwise string) string {
	if value, isSet := env(name); isSet {
		return value
	}
	return otherwise
}

func duration(value string) (time.Duration, error) {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	return time.ParseDuration(value)
}

// qualified is a function's name with its namespace.
func qualified(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return name + "." + defaultNamespace
}
