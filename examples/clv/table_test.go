package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWidth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, "ACME": 4, "华东汽车": 8, "Söhne": 5, "So\u0308hne": 5, "（有限）": 8, "한국": 4, "カナ": 4, "a\u200bb": 2,
	} {
		assert.Equal(t, want, width(text), text)
	}
}

func TestGrid(t *testing.T) {
	t.Parallel()
	var g grid
	g.add("name", "value")
	g.add("华东", "1.50")
	g.add("A", "12345.00")
	g.add(printed("two\nlines"))
	var out strings.Builder
	g.write(&out)
	assert.Equal(t, strings.Join([]string{
		`name             value`,
		`华东              1.50`,
		`A             12345.00`,
		`"two\nlines"`,
		"", "",
	}, "\n"), out.String())
}
