package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A table is rows of text under a heading.
type table struct {
	head  []string
	words int // leading columns that are not numbers
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// text prints the table for a terminal: words flush left, numbers flush right.
func (t *table) text(w io.Writer) {
	widths := make([]int, len(t.head))
	all := append([][]string{t.head}, t.rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], width(cell))
		}
	}
	for _, row := range all {
		line := ""
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-width(cell))
			if i > 0 {
				line += "  "
			}
			if i < t.words {
				line += cell + pad
			} else {
				line += pad + cell
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

func width(s string) int { return utf8.RuneCountInString(s) }

// markdown prints the table for a page.
func (t *table) markdown(w io.Writer) {
	line := func(cells []string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.head)
	rule := make([]string, len(t.head))
	for i := range rule {
		if rule[i] = "---"; i >= t.words {
			rule[i] = "---:"
		}
	}
	line(rule)
	for _, row := range t.rows {
		line(row)
	}
}
