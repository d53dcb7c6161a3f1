package main

import (
	"strings"
	"unicode/utf8"
)

// A page writes headed tables for a reader whose lines are width characters long.
type page struct {
	text   strings.Builder
	width  int
	colour bool
}

const indent = "  "

// rows are the rows of a table, a cell a column.
type rows [][]string

// add adds a row if there is something to say in its last cell.
func (r *rows) add(cells ...string) {
	if cells[len(cells)-1] != "" {
		*r = append(*r, cells)
	}
}

func (p *page) heading(text, beside string) {
	if p.text.Len() > 0 {
		p.text.WriteByte('\n')
	}
	p.text.WriteString(p.bold(strings.ToUpper(text)))
	if beside != "" {
		p.text.WriteString(indent + beside)
	}
	p.text.WriteByte('\n')
}

// table writes rows in columns. What does not fit into the last column goes on below it.
func (p *page) table(rows rows) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var start strings.Builder
		start.WriteString(indent)
		for i, cell := range row[:len(row)-1] {
			start.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)) + indent)
		}
		p.hang(start.String(), row[len(row)-1])
	}
}

// hang writes the start of a line and then a text, which goes on below itself if it is long.
func (p *page) hang(start, text string) {
	left := utf8.RuneCountInString(start)
	for _, line := range wrap(text, p.width-left) {
		p.text.WriteString(strings.TrimRight(start+line, " ") + "\n")
		start = strings.Repeat(" ", left)
	}
}

// wrap breaks text between words so that lines are at most width long, where the words allow that.
func wrap(text string, width int) []string {
	lines := []string{""}
	for word := range strings.SplitAfterSeq(text, " ") {
		last := &lines[len(lines)-1]
		if *last != "" && utf8.RuneCountInString(*last+strings.TrimRight(word, " ")) > width {
			lines = append(lines, "")
			last = &lines[len(lines)-1]
		}
		*last += word
	}
	return lines
}
