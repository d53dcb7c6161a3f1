package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/reeve-go/reeve/examples/transfer/edc"
)

// showRepairs shows what is changed in the tables of the original.
func showRepairs(out io.Writer) error {
	var b strings.Builder
	for _, role := range []edc.Role{edc.Consumer, edc.Provider} {
		fmt.Fprintf(&b, "The process of a %s\n", role)
		for _, r := range edc.Repairs(role) {
			fmt.Fprintf(&b, "\n  %s\n", r.Name)
			for _, c := range r.Changes {
				fmt.Fprintf(&b, "    %s\n", c)
			}
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}
