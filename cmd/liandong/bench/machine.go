package bench

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Machine says on what the figures were taken; without it they mean nothing.
type Machine struct {
	Processors int    `json:"processors"`
	Model      string `json:"model"`
	Memory     int64  `json:"memory_bytes"`
	System     string `json:"system"`
	Go         string `json:"go"`
}

func describe() Machine {
	return Machine{runtime.NumCPU(), proc("/proc/cpuinfo", "model name"), kilobytes(proc("/proc/meminfo", "MemTotal")), runtime.GOOS + "/" + runtime.GOARCH, runtime.Version()}
}

// proc reads the first line "name : value" of a file of the kernel; "" where
// there is no such file or line.
func proc(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func kilobytes(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(s, "kB")), 10, 64)
	if err != nil {
		return 0
	}
	return n * 1024
}

// rss is the memory that a process holds, in bytes.
func rss(pid int) (int64, error) {
	n := kilobytes(proc(fmt.Sprintf("/proc/%d/status", pid), "VmRSS"))
	if n == 0 {
		return 0, fmt.Errorf("the memory of process %d cannot be read here; this needs Linux", pid)
	}
	return n, nil
}

// cpu is how long a process has run on a processor, in its own code and in the
// kernel for it.
func cpu(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("the time of process %d cannot be read here; this needs Linux: %w", pid, err)
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	kernel, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+kernel) * 10 * time.Millisecond, errors.Join(err1, err2) // a tick is a hundredth of a second on Linux
}
