package main

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"
)

// gather reads the facts of the machine that it runs on. What cannot be read is noted, and the rest
// is read all the same; only the end of ctx is an error.
func gather(ctx context.Context) (*Facts, error) {
	sys := cmp.Or(os.Getenv("HOST_SYS"), "/sys") // the variable that gopsutil, too, goes by in containers
	f := &Facts{ReadAt: time.Now().UTC()}
	for _, read := range []func(){
		func() { f.readSystem(ctx) },
		func() { f.readHardware(sys) },
		func() { f.readProcessors(ctx) },
		func() { f.readMemory(ctx) },
		func() { f.readDisks(ctx, sys) },
		func() { f.readInterfaces() },
	} {
		read()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

var errNotTold = errors.New("the operating system does not tell")

func (f *Facts) readSystem(ctx context.Context) {
	var err error
	f.Hostname, err = os.Hostname()
	f.note("hostname", err)
	f.System.Name, _, f.System.Version, err = host.PlatformInformationWithContext(ctx)
	f.note("operating system", err)
	f.System.Kernel, err = host.KernelVersionWithContext(ctx)
	f.note("kernel", err)
	f.System.Architecture, err = host.KernelArch()
	f.note("architecture", err)
	f.System.Virtualization, _, err = host.VirtualizationWithContext(ctx)
	f.note("virtualization", err)
	booted, err := host.BootTimeWithContext(ctx)
	f.note("boot time", err)
	if booted > 0 {
		f.System.BootedAt = time.Unix(int64(booted), 0) //nolint:gosec // seconds since 1970
	}
}

func (f *Facts) readProcessors(ctx context.Context) {
	p := &f.Processors
	infos, err := cpu.InfoWithContext(ctx)
	if err == nil && len(infos) == 0 {
		err = errNotTold
	}
	f.note("processor model", err)
	if err == nil {
		p.Model, p.MHz = infos[0].ModelName, infos[0].Mhz
	}
	p.Cores, err = cpu.CountsWithContext(ctx, false)
	if err == nil && p.Cores == 0 {
		err = errNotTold
	}
	f.note("processor cores", err)
	p.Threads, err = cpu.CountsWithContext(ctx, true)
	f.note("processor threads", err)
}

func (f *Facts) readMemory(ctx context.Context) {
	memory, err := mem.VirtualMemoryWithContext(ctx)
	f.note("memory", err)
	if err == nil {
		f.Memory.Total = memory.Total
	}
	swap, err := mem.SwapMemoryWithContext(ctx)
	f.note("swap", err)
	if err == nil {
		f.Memory.Swap = swap.Total
	}
}

func (f *Facts) readInterfaces() {
	interfaces, err := net.Interfaces()
	f.note("network interfaces", err)
	for _, i := range interfaces {
		one := Interface{Name: i.Name, MAC: i.HardwareAddr.String(), Up: i.Flags&net.FlagUp != 0}
		addresses, err := i.Addrs()
		f.note("addresses of "+i.Name, err)
		for _, a := range addresses {
			one.Addresses = append(one.Addresses, a.String())
		}
		f.Interfaces = append(f.Interfaces, one)
	}
}
