package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/scan/presets"
)

// A life is what happens to a job of the original, signal by signal.
type life struct {
	name    string
	signals []presets.Event
}

// lives are what was run with the original's own state machine, and its table for Amazon.
func lives() []life {
	scanning := func(then ...presets.Event) []presets.Event {
		return append([]presets.Event{"initializing", "start", "before_scan", "start_scan"}, then...)
	}
	return []life{
		{"a scan that succeeds", scanning("data", "after_scan", "synchronize", "data", "finish")},
		{"its agent never replies; its time is up, twice", scanning("abort_job", "finish", "abort_job", "finish")},
		{"a user calls it off", scanning("cancel", "finish")},
		{"it is aborted when it has finished", scanning("finish", "abort_job", "finish")},
	}
}

// showLegacy shows how the original gets stuck, and then that its agents need not: one of them works for a job of Reeve.
func showLegacy(ctx context.Context, out io.Writer) error {
	if err := showTables(out); err != nil {
		return err
	}
	if _, err := io.WriteString(out, "An existing agent works for a job\n"); err != nil {
		return err
	}
	return showBridge(ctx, out)
}

// showTables shows what becomes of a job for Amazon by the original's table, and by the repaired one.
func showTables(out io.Writer) error {
	var b strings.Builder
	for _, d := range []presets.Definition{presets.AmazonAsItIs(), presets.Amazon()} {
		fmt.Fprintf(&b, "The table %s: state, signal, next state\n", d.Name)
		for _, l := range lives() {
			l.walk(&b, &d)
		}
		b.WriteString("\n  what Compile says:\n")
		for _, line := range verdicts(&d) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// walk goes through a table that need not compile.
func (l *life) walk(b *strings.Builder, d *presets.Definition) {
	fmt.Fprintf(b, "\n  %s:\n", l.name)
	state := d.Initial
	for _, signal := range l.signals {
		to, ok := next(d, state, signal)
		if !ok {
			fmt.Fprintf(b, "    %-16s  %-12s  %s is not permitted at state %s\n", state, signal, signal, state)
			continue
		}
		fmt.Fprintf(b, "    %-16s  %-12s  %s\n", state, signal, to)
		state = to
	}
	if d.States[state].Mode == fsm.Final {
		fmt.Fprintf(b, "    It has come to its end: %s.\n", state)
	} else {
		fmt.Fprintf(b, "    It is stuck: %s.\n", state)
	}
}

func next(d *presets.Definition, from presets.State, e presets.Event) (presets.State, bool) {
	to, ok := d.Table[from][e]
	if !ok && d.States[from].Mode != fsm.Final {
		to, ok = d.Table[fsm.Any][e]
	}
	if to == fsm.Same {
		to = from
	}
	return to, ok
}

func verdicts(d *presets.Definition) []string {
	_, err := fsm.Compile(*d)
	if err == nil {
		return []string{"It is sound."}
	}
	refused, ok := errors.AsType[*fsm.DefinitionError](err)
	if !ok {
		return []string{err.Error()}
	}
	var out []string
	for _, i := range refused.Issues {
		out = append(out, i.String())
	}
	return out
}
