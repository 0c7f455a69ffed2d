package main

import (
	"bytes"
	"strconv"
	"time"
)

// A token is ` t` and the microseconds since 1970, which have 16 digits until the year 2286.
const digits = 16

var mark = []byte(" t")

// appendStamp appends a token with the present time.
func appendStamp(buffer []byte) []byte {
	return strconv.AppendInt(append(buffer, mark...), time.Now().UnixMicro(), 10)
}

// nextStamp returns when upstream wrote the line's first token, and the part of the line after that token; 0 if the line
// has no token.
func nextStamp(line []byte) (int64, []byte) {
	for {
		at := bytes.Index(line, mark)
		if at < 0 {
			return 0, nil
		}
		line = line[at+len(mark):]
		if written := number(line); written != 0 {
			return written, line[digits:]
		}
	}
}

// number is the value of the digits at the start of the text; 0 if there are fewer than a stamp has.
func number(text []byte) int64 {
	if len(text) < digits {
		return 0
	}
	var value int64
	for _, digit := range text[:digits] {
		if digit < '0' || digit > '9' {
			return 0
		}
		value = value*10 + int64(digit-'0')
	}
	return value
}
