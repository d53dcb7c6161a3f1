package main

import (
	"runtime"
	"syscall"
	"time"
)

// A meter measures what is used between start and stop.
type meter struct {
	unit  string
	parts float64 // a unit is rounded to so many
	start func() (stop func() float64)
}

var (
	// cpu is the time of all the program's threads, garbage collection included. Other programs
	// lengthen it far less than the time on the wall.
	cpu = meter{"ns", 1000, func() func() float64 {
		before := cpuTime()
		return func() float64 { return float64(cpuTime() - before) }
	}}

	// wall is for what waits for a disk.
	wall = meter{"ns", 1000, func() func() float64 {
		before := time.Now()
		return func() float64 { return float64(time.Since(before)) }
	}}

	// allocations counts them. The few that the runtime makes meanwhile are rounded away.
	allocations = meter{"allocs", 10, func() func() float64 {
		before := memory()
		return func() float64 { return float64(memory().Mallocs - before.Mallocs) }
	}}

	// allocated is everything that was ever allocated meanwhile, so at least what the heap grew.
	allocated = meter{"MiB", 1000, func() func() float64 {
		before := memory()
		return func() float64 { return float64(memory().TotalAlloc-before.TotalAlloc) / (1 << 20) }
	}}
)

func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // cannot be: the arguments are right
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func memory() runtime.MemStats {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m
}
