package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const good = `{"ladder": {"mode": "volume", "tiers": [
	{"up_to": "10", "unit": "6.50", "flat": "2.00"}, {"up_to": null, "unit": 6}]}, "quantities": ["7", 12.5]}`

func try(stdin string, args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

func TestPrices(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in.json")
	require.NoError(t, os.WriteFile(file, []byte(good), 0o600))
	for _, args := range [][]string{nil, {"-"}, {file}} {
		code, out, errs := try(good, args...)
		require.Zero(t, code, errs)
		var got response
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		require.Len(t, got.Prices, 2)
		assert.Equal(t, "47.5", got.Prices[0].Total.String())
		assert.Equal(t, "volume, quantity 7: 47.50\n  7 x 6.50 + 2.00 = 47.50 (tier 1: to 10)", got.Prices[0].Explain)
		assert.Equal(t, "75", got.Prices[1].Total.String())
		require.Len(t, got.Inversions, 1)
		assert.Equal(t, "10", got.Inversions[0].From.String())
	}
	_, out, _ := try(good, "-lang", "zh")
	assert.Contains(t, out, "第 1 档")

	_, plain, _ := try(good)
	code, out, errs := try("\ufeff" + good + "\r\n")
	require.Zero(t, code, errs)
	assert.Equal(t, plain, out, "a file that begins with a byte order mark")
}

func TestBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		stdin string
		args  []string
		code  int
		say   string
	}{
		"empty":         {"", nil, 1, "the input is empty"},
		"no JSON":       {"quantity,price\n", nil, 1, "reading the input"},
		"no ladder":     {`{"quantities": [1]}`, nil, 1, "Mode"},
		"no tiers":      {`{"ladder": {"mode": "volume"}}`, nil, 1, "Tiers"},
		"hostile":       {`{"ladder": {"mode": "volume", "tiers": [{"unit": 1e999999999}]}}`, nil, 1, "row 1: Unit"},
		"hostile units": {`{"ladder": {"mode": "volume", "tiers": [{"unit": 1}]}, "quantities": [1e999999999]}`, nil, 1, "exponent"},
		"no quantity":   {`{"ladder": {"mode": "volume", "tiers": [{"unit": 1}]}}`, nil, 1, "no quantities"},
		"misspelt":      {strings.Replace(good, `"quantities"`, `"quantites"`, 1), nil, 1, `"quantites"`},
		"misspelt unit": {strings.Replace(good, `"unit": 6`, `"unitt": 6`, 1), nil, 1, `row 2: Tier "unitt"`},
		"two documents": {good + good, nil, 1, "text after"},
		"only a mark":   {"\ufeff", nil, 1, "the input is empty"},
		"negative":      {strings.Replace(good, `12.5`, `-1`, 1), nil, 1, "quantity 2"},
		"no file":       {"", []string{"missing.json"}, 1, "missing.json"},
		"two files":     {"", []string{"a", "b"}, 2, "usage"},
		"unknown flag":  {"", []string{"-x"}, 2, "usage"},
		"help":          {"", []string{"-h"}, 0, "up_to"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := try(c.stdin, c.args...)
			assert.Equal(t, c.code, code)
			assert.Contains(t, errs, c.say)
			assert.Empty(t, out)
		})
	}
}
