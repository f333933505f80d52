package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

// sampleLog makes the orders of 300 accounts over 2024 and 2025, some of which
// stop.
func sampleLog() string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("amount,account,time,note\n")
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 300 {
		rate, leave := 0.002+0.05*r.Float64()*r.Float64(), r.Float64()*r.Float64()
		for day := float64(r.IntN(200)); day < 730; day += 1 + r.ExpFloat64()/rate {
			at := start.AddDate(0, 0, int(day))
			fmt.Fprintf(&b, "%d.50,A%03d,%s,\n", 10+r.IntN(90), i, at.Format(time.DateOnly))
			if r.Float64() < leave {
				break
			}
		}
	}
	b.WriteString("-5.00,A007,2025-12-31T10:00:00+08:00,a credit\n")
	return b.String()
}

func runWith(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestRun(t *testing.T) {
	code, stdout, stderr := runWith(t, sampleLog(), "-asof", "2025-06-30", "-unit", "day", "-horizon", "184")
	require.Zero(t, code, stderr)
	var got report
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	assert.Equal(t, "2025-06-30", got.AsOf)
	assert.Equal(t, 184.0, got.Horizon)
	assert.NotNil(t, got.Model)
	assert.Positive(t, got.Model.StdErr("r"))
	assert.Len(t, got.Accounts, 300)
	for _, a := range got.Accounts {
		assert.NoError(t, a.Validate())
		assert.Positive(t, a.ExpectedOrders)
		assert.Positive(t, a.ProbAlive)
	}
	assert.Contains(t, stdout, `"unit": "day"`)

	file := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(file, []byte(sampleLog()), 0o600))
	code, same, stderr := runWith(t, "", "-asof=2025-06-30", "-unit=day", "-horizon=184", file)
	require.Zero(t, code, stderr)
	assert.Equal(t, stdout, same, "a file, and the same bytes again")

	code, stdout, stderr = runWith(t, sampleLog(), "-")
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, `"as_of": "2025-12-31"`)
	assert.Contains(t, stdout, `"unit": "week"`)
}

// The raw CDNOW log: Fader, Hardie and Lee (2005) print .243, 4.414, .793, 2.426
// and LL -9582.4.
func TestRunOnCDNOW(t *testing.T) {
	raw, err := io.ReadAll(oracle.Open(t, "data/clv/cdnow_sample.txt"))
	require.NoError(t, err)
	var log strings.Builder
	log.WriteString("account,time,quantity,amount\n")
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		fmt.Fprintf(&log, "%s,%s-%s-%s,%s,%s\n", f[1], f[2][:4], f[2][4:6], f[2][6:], f[3], f[4])
	}
	code, stdout, stderr := runWith(t, log.String(), "-asof", "1997-09-30")
	require.Zero(t, code, stderr)
	var got report
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	assert.Len(t, got.Accounts, 2357)
	assert.InDelta(t, -9582.429207, got.Model.LogLik, 1e-6)
	assert.InDelta(t, 4.41360202, got.Model.Alpha, 5e-9)
}

func TestRunRefuses(t *testing.T) {
	head := "account,time,amount\n"
	for _, c := range []struct {
		stdin string
		args  []string
		code  int
		says  string
	}{
		{"", nil, 1, "the input is empty"},
		{head, nil, 1, "no transaction"},
		{"account,amount\n", nil, 1, `"time"`},
		{head + "A,yesterday,1\n", nil, 1, "line 2"},
		{head + "A,2025-01-01,one\n", nil, 1, "not a decimal number"},
		{"account,time,amount,quantity\nA,2025-01-01,1,x\n", nil, 1, `quantity "x"`},
		{head + ",2025-01-01,1\n", nil, 1, "needs an account"},
		{head + "A,2025-01-01\n", nil, 1, "wrong number of fields"},
		{head + "A,2025-01-01,1\nB,2025-02-01,1\n", nil, 1, "too few data"},
		{head + "A,2025-01-01,1\n", []string{"-asof", "2024-01-01"}, 1, "the table is empty"},
		{head, []string{"no-such-file.csv"}, 1, "no-such-file.csv"},
		{head, []string{"a", "b"}, 2, "at most one file"},
		{head, []string{"-horizon", "-3"}, 2, "-horizon -3: give a number of weeks above 0"},
		{head, []string{"-horizon", "NaN"}, 2, "-horizon NaN"},
		{head, []string{"-horizon", "1e308", "-unit", "day"}, 2, "-horizon 1e+308: give a number of days above 0, and 1000000 at most"},
		{head, []string{"-horizon", "1000001"}, 2, "1000000 at most"},
		{head, []string{"-horizon", "1000000"}, 1, "no transaction"},
		{"\ufeff\"account\",time,amount\n", nil, 1, "no transaction"},
		{head, []string{"-unit", "moon"}, 2, "week, day or year"},
		{head, []string{"-asof", "soon"}, 2, "asof"},
		{head, []string{"-nope"}, 2, "-nope"},
	} {
		code, stdout, stderr := runWith(t, c.stdin, c.args...)
		assert.Equal(t, c.code, code, "%q %v", c.stdin, c.args)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, c.says, "%q %v", c.stdin, c.args)
	}
	code, _, stderr := runWith(t, "", "-h")
	assert.Zero(t, code)
	assert.Contains(t, stderr, "ACME,2025-03-01,1250.00")
	assert.Contains(t, stderr, "-horizon")
	assert.Contains(t, stderr, "itself included")
}
