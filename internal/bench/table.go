package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// writeTable writes one line a result.
func writeTable(w io.Writer, results []result) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(t, "NAME\tOURS\tAGAINST\t\tRATIO\tGOAL\tHOLDS") // Flush says what went wrong
	for _, r := range results {
		against, ratio := "-", "-"
		if r.Against != nil {
			against = quantity(*r.Against, r.Unit)
		}
		if r.Ratio != nil {
			ratio = fmt.Sprintf("%.3f", *r.Ratio)
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			r.Name, quantity(r.Value, r.Unit), against, orDash(r.Peer), ratio, orDash(r.Goal), verdict(r.Holds))
	}
	return t.Flush()
}

// writeJSON writes a result as one line.
func writeJSON(w io.Writer, r result) error { return json.NewEncoder(w).Encode(r) }

// quantity writes three digits and a unit that suits them.
func quantity(v float64, unit string) string {
	if unit != "ns" {
		return strconv.FormatFloat(v, 'f', -1, 64) + " " + unit
	}
	units := []string{"ns", "µs", "ms", "s"}
	for v >= 999.5 && len(units) > 1 {
		v, units = v/1000, units[1:]
	}
	switch {
	case v < 9.995:
		return fmt.Sprintf("%.2f %s", v, units[0])
	case v < 99.95:
		return fmt.Sprintf("%.1f %s", v, units[0])
	}
	return fmt.Sprintf("%.0f %s", v, units[0])
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func verdict(holds *bool) string {
	switch {
	case holds == nil:
		return "-"
	case *holds:
		return "yes"
	}
	return "NO"
}
