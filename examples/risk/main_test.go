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

const sample = "account,revenue\nGlobex,300000.00\nAcme,500000.50\nInitech,-120.00\n"

func runOn(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestRun(t *testing.T) {
	code, out, errs := runOn(sample, "-k", "5")
	require.Zero(t, code, errs)
	var got report
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	assert.Equal(t, 2, got.Concentration.N)
	assert.Equal(t, 1, got.Concentration.NonPositive)
	require.Len(t, got.WhatIf, 2, "only two accounts bring revenue")
	assert.Equal(t, []string{"Acme"}, got.WhatIf[0].Accounts)
	assert.Equal(t, "299880.00", got.WhatIf[0].Remaining.StringFixed(2))
	assert.Equal(t, "the largest account leaves", got.WhatIf[0].Label)

	file := filepath.Join(t.TempDir(), "revenue.csv")
	require.NoError(t, os.WriteFile(file, []byte("note,revenue,account\nx,300000.00,Globex\ny,500000.50,Acme\nz,-120.00,Initech\n"), 0o600))
	code, again, errs := runOn("", "-k", "5", file)
	require.Zero(t, code, errs)
	assert.Equal(t, out, again)

	code, again, errs = runOn("\ufeff"+sample, "-k", "5")
	require.Zero(t, code, errs)
	assert.Equal(t, out, again, "a file that begins with a byte order mark")
}

func TestRunRefuses(t *testing.T) {
	for _, c := range []struct {
		name, stdin string
		args        []string
		code        int
		says        string
	}{
		{"help", "", []string{"-h"}, 0, "account,revenue"},
		{"empty", "", nil, 1, "the input is empty"},
		{"header only", "account,revenue\n", nil, 1, "at least one positive amount"},
		{"wrong header", "name,amount\n", nil, 1, "found name,amount"},
		{"not a number", "account,revenue\nA,1\nB,x\n", nil, 1, `line 3: revenue "x"`},
		{"ragged", "account,revenue\nA\n", nil, 1, "wrong number of fields"},
		{"twice", "account,revenue\nA,1\nA,2\n", nil, 1, "row 2"},
		{"overflow", "account,revenue\nA,1e999\n", nil, 1, "finite"},
		{"no file", "", []string{"nowhere.csv"}, 1, "nowhere.csv"},
		{"two files", "", []string{"a", "b"}, 2, "-h explains"},
		{"negative k", "", []string{"-k", "-1"}, 2, "-h explains"},
		{"unknown flag", "", []string{"-x"}, 2, "-x"},
	} {
		code, out, errs := runOn(c.stdin, c.args...)
		assert.Equal(t, c.code, code, c.name)
		assert.Empty(t, out, c.name)
		assert.Contains(t, errs, c.says, c.name)
	}
}
