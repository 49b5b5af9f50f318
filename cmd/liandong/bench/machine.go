package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
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

// Print writes the figures for a person.
func (f *Figures) Print(w io.Writer) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	m := f.Machine
	say("%d processors (%s), %.0f GB, %s, %s; server, database and load on this one machine\n", m.Processors, m.Model, float64(m.Memory)/(1<<30), m.System, m.Go)
	say("commands, durable (fsync), over HTTPS: whole stories of open, assign, 4 × advance, close")
	for _, r := range f.Commands {
		say("  %3d writers  %7.0f commands/s   p50 %6.1f ms   p99 %6.1f ms", r.Writers, r.PerSecond, r.P50, r.P99)
	}
	l := f.Latency
	say("insert to console: %d consoles, %.0f commands/s, %d samples", l.Consoles, l.PerSecond, l.Samples)
	say("               p50 %6.1f ms   p99 %6.1f ms", l.P50, l.P99)
	say("consoles that see all teams move")
	for _, x := range f.Moving {
		say("  %3d consoles  %5.2f Hz   %6.0f reports/s in   %6.1f MB/s out", x.Consoles, x.Hz, x.Reports, x.Bytes/1e6)
	}
	say("  served at 0.9 Hz or more: %d consoles", f.Served)
	say("memory of the server: %.0f kB per idle console (%d consoles, %.0f → %.0f MB)", f.Memory.PerConsole/1e3, f.Memory.Consoles, float64(f.Memory.Before)/1e6, float64(f.Memory.After)/1e6)
	say("took %.0f s", f.Took)
}
