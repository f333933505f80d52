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

	"github.com/keyaccount/keyaccount/allocation"
)

const (
	sampleJSON = `{"pool": 400, "unit": 0.25, "claims": [
		{"account": "Acme", "weight": 4, "floor": 40, "cap": 90},
		{"account": "Globex", "weight": 2.5, "floor": 0, "cap": null},
		{"account": "Initech", "weight": 1, "floor": 100}]}`
	sampleCSV = "cap,account,weight,floor,note\n90,Acme,4,40,x\n,Globex,2.5,0,\n,Initech,1,100,\n"
)

func runOn(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestRun(t *testing.T) {
	code, fromJSON, errs := runOn(sampleJSON, "-")
	require.Zero(t, code, errs)
	var plan allocation.Plan
	require.NoError(t, json.Unmarshal([]byte(fromJSON), &plan))
	require.Len(t, plan.Lines, 3)
	assert.Equal(t, "90.00 210.00 100.00", plan.Lines[0].Amount.StringFixed(2)+" "+
		plan.Lines[1].Amount.StringFixed(2)+" "+plan.Lines[2].Amount.StringFixed(2))
	assert.Equal(t, "84", plan.Level.Decimal.String())

	code, fromCSV, errs := runOn(sampleCSV, "-pool", "400", "-unit", "0.25")
	require.Zero(t, code, errs)
	assert.Equal(t, fromJSON, fromCSV)

	file := filepath.Join(t.TempDir(), "claims.csv")
	require.NoError(t, os.WriteFile(file, []byte(sampleCSV), 0o600))
	code, fromFile, errs := runOn("", "-pool=400", "-unit=0.25", file)
	require.Zero(t, code, errs)
	assert.Equal(t, fromJSON, fromFile)

	code, marked, errs := runOn("\ufeff" + sampleJSON)
	require.Zero(t, code, errs)
	assert.Equal(t, fromJSON, marked, "a file that begins with a byte order mark")
	withMark := "\ufeffaccount,weight,floor,cap\nAcme,4,40,90\nGlobex,2.5,0,\nInitech,1,100,\n"
	code, marked, errs = runOn(withMark, "-pool", "400", "-unit", "0.25")
	require.Zero(t, code, errs)
	assert.Equal(t, fromJSON, marked, "the same of CSV")
}

func TestRunRefuses(t *testing.T) {
	asCSV := []string{"-pool", "10"}
	for _, c := range []struct {
		name, stdin string
		args        []string
		code        int
		says        string
	}{
		{"help", "", []string{"-h"}, 0, "account,weight,floor,cap"},
		{"empty JSON", "", nil, 1, "the input is empty"},
		{"empty CSV", "", asCSV, 1, "the input is empty"},
		{"not JSON", "account,weight\n", nil, 1, "not the JSON that -h shows"},
		{"misspelt", `{"pool": 1, "claim": []}`, nil, 1, `"claim"`},
		{"no pool", `{"claims": []}`, nil, 1, "no pool"},
		{"wrong header", "name\n", asCSV, 1, "found name"},
		{"not a number", "account,weight\nA,1\nB,x\n", asCSV, 1, `line 3: weight "x"`},
		{"cap not a number", "account,weight,cap\nA,1,x\n", asCSV, 1, `cap "x"`},
		{"ragged", "account,weight\nA\n", asCSV, 1, "wrong number of fields"},
		{"infeasible", "account,weight,floor\nA,1,7\nB,1,5\n", asCSV, 1, "the floors of A and B need 12, the pool holds 10: 2 short"},
		{"negative weight", "account,weight\nA,-1\n", asCSV, 1, "row 1: Weight"},
		{"no file", "", []string{"nowhere.json"}, 1, "nowhere.json"},
		{"two files", "", []string{"a", "b"}, 2, "-h explains"},
		{"unit without pool", "", []string{"-unit", "1"}, 2, "-h explains"},
		{"pool no number", "", []string{"-pool", "x"}, 2, "-pool"},
		{"unknown flag", "", []string{"-x"}, 2, "-x"},
	} {
		code, out, errs := runOn(c.stdin, c.args...)
		assert.Equal(t, c.code, code, c.name)
		assert.Empty(t, out, c.name)
		assert.Contains(t, errs, c.says, c.name)
	}
}
