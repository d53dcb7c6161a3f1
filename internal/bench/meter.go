package main

import (
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// A meter measures what is used between start and stop, by one of n operations.
type meter struct {
	unit  string
	parts float64 // a unit is rounded to so many
	start func() (stop func(n int) float64)
}

// per returns a meter of one of the k equal things that an operation does.
func (m meter) per(k int) meter {
	return meter{m.unit, m.parts, func() func(int) float64 {
		stop := m.start()
		return func(n int) float64 { return stop(n * k) }
	}}
}

var (
	// cpu is the time of all the program's threads, garbage collection included. Other programs
	// lengthen it far less than the time on the wall.
	cpu = meter{"ns", 1000, func() func(int) float64 {
		before := cpuTime()
		return func(n int) float64 { return float64(cpuTime()-before) / float64(n) }
	}}

	// wall is for what waits for a disk.
	wall = meter{"ns", 1000, func() func(int) float64 {
		before := time.Now()
		return func(n int) float64 { return float64(time.Since(before)) / float64(n) }
	}}

	// allocations counts them. The few that the runtime makes meanwhile are rounded away.
	allocations = meter{"allocs", 10, func() func(int) float64 {
		before := memStats()
		return func(n int) float64 { return float64(memStats().Mallocs-before.Mallocs) / float64(n) }
	}}

	// Everything that was ever allocated meanwhile, so at least what the heap grew.
	allocatedMiB = allocated("MiB", 1<<20)
	allocatedKiB = allocated("KiB", 1<<10)
)

func allocated(unit string, bytes float64) meter {
	return meter{unit, 1000, func() func(int) float64 {
		before := memStats()
		return func(n int) float64 { return float64(memStats().TotalAlloc-before.TotalAlloc) / bytes / float64(n) }
	}}
}

// Notes are figures that the operations of a row find out themselves, where not their sum is asked
// for but how they are spread. They are safe for concurrent use.
type notes struct {
	mu      sync.Mutex
	figures []float64
}

func (n *notes) add(figure float64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.figures = append(n.figures, figure)
}

// meter measures what of makes of the figures that are noted between start and stop.
func (n *notes) meter(unit string, of func([]float64) float64) meter {
	return meter{unit, 1000, func() func(int) float64 {
		n.take()
		return func(int) float64 { return of(n.take()) }
	}}
}

func (n *notes) take() []float64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	figures := n.figures
	n.figures = nil
	return figures
}

// p95 returns the least figure that 95 of a hundred do not exceed, zero if there are none.
func p95(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[(len(sorted)*95+99)/100-1]
}

func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // cannot be: the arguments are right
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func memStats() runtime.MemStats {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m
}
