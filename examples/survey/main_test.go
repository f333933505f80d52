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

	"github.com/keyaccount/keyaccount/survey"
)

const good = `account,contact,time,score,state
ACME,li.wei,2026-03-02,9,answered
ACME,li.wei,2026-01-02,3,
ACME,wang.fang,2026-03-02T10:15:00+08:00,6,
Binhai,chen.jie,,,refused
Corvus,,,10,
`

func try(stdin string, args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

func TestReport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in.csv")
	require.NoError(t, os.WriteFile(file, []byte(good), 0o600))
	for _, args := range [][]string{nil, {"-"}, {"-level", "0.9", file}} {
		code, out, errs := try(good, args...)
		require.Zero(t, code, errs)
		var got survey.NPSReport
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		require.Len(t, got.Accounts, 3)
		acme := got.Accounts[0]
		assert.Equal(t, [...]int{1, 0, 1, 1}, [...]int{acme.Detractors, acme.Passives, acme.Promoters, acme.Superseded})
		assert.True(t, got.Accounts[1].Empty())
		assert.Equal(t, 3, got.Portfolio.N)
		assert.InDelta(t, 1.0/3, got.Portfolio.Value, 1e-15)
	}
}

func TestByteOrderMark(t *testing.T) {
	_, want, _ := try(good)
	for _, text := range []string{"\ufeff" + good, "\ufeff" + strings.Replace(good, "account", `"account"`, 1)} {
		code, out, errs := try(text)
		require.Zero(t, code, errs)
		assert.Equal(t, want, out)
	}
}

func TestHeaderOnlyIsAnEmptyReport(t *testing.T) {
	code, out, errs := try("account,score\n")
	require.Zero(t, code, errs)
	assert.Contains(t, out, `"accounts": []`)
	assert.Contains(t, out, `"no_answers"`)
}

func TestBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		stdin string
		args  []string
		code  int
		say   string
	}{
		"empty":        {"", nil, 1, "the input is empty"},
		"no score":     {"account,contact\nA,b\n", nil, 1, `"score"`},
		"999":          {"account,score\nA,9\nA,999\n", nil, 1, `row 2: Score "999"`},
		"word":         {"account,score\nA,nine\n", nil, 1, "survey: row 1, column score: \"nine\" is not a whole number from 0 to 10\n"},
		"time":         {"account,score,time\nA,9,yesterday\n", nil, 1, `row 1, column time: "yesterday" is neither a date`},
		"state":        {"account,score,state\nA,,bored\n", nil, 1, `row 1: keyaccount: State "bored"`},
		"answered nil": {"account,score,state\nA,,answered\n", nil, 1, "row 1: answered, but"},
		"no account":   {"account,score\n,9\n", nil, 1, "row 1: Account"},
		"ragged":       {"account,score\nA\n", nil, 1, "wrong number of fields"},
		"level":        {good, []string{"-level", "95"}, 1, "Level"},
		"no file":      {"", []string{"missing.csv"}, 1, "missing.csv"},
		"two files":    {"", []string{"a", "b"}, 2, "usage"},
		"unknown flag": {"", []string{"-x"}, 2, "usage"},
		"help":         {"", []string{"-h"}, 0, "not_reached"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := try(c.stdin, c.args...)
			assert.Equal(t, c.code, code)
			assert.Contains(t, errs, c.say)
			assert.Empty(t, out)
		})
	}
}
