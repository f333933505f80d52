package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// try runs the program and returns its exit code and what it printed.
func try(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	errFile, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	var out bytes.Buffer
	code = run(context.Background(), args, &out, errFile)
	require.NoError(t, errFile.Close())
	e, err := os.ReadFile(errFile.Name())
	require.NoError(t, err)
	return code, out.String(), string(e)
}

// file writes a file for the program to read.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func gzipped(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

const twoCustomers = `account,order,product,time,quantity,amount,currency
Ada,1,bolt,2026-01-05,10,100.00,EUR
Ada,2,bolt,2026-02-05,10,100.00,EUR
Bob,3,nut,2026-01-20,5,25.50,EUR
`

func TestDemoReview(t *testing.T) {
	dir := t.TempDir()
	code, screen, stderr := try(t, "-out", dir)
	require.Zero(t, code, stderr)
	assert.Contains(t, screen, "invented company")
	assert.Contains(t, screen, "Kestrel Shipyards")
	assert.Contains(t, screen, "gold")
	assert.Less(t, strings.Count(screen, "\n"), 50, "the portfolio fits one screen")
	assert.NotContains(t, stderr, "%", "no progress bar where stderr is no terminal")

	facts, err := os.ReadFile(filepath.Join(dir, "review.json"))
	require.NoError(t, err)
	var rv review
	require.NoError(t, json.Unmarshal(facts, &rv))
	assert.True(t, rv.Demo)
	assert.NotEmpty(t, rv.Findings)
	require.NotNil(t, rv.Value.Fit)
	require.NotNil(t, rv.Plan.Fill)
	granted := rv.Plan.Fill.Slack
	for _, a := range rv.Accounts {
		if a.Service != nil {
			granted = granted.Add(*a.Service)
		}
	}
	assert.True(t, granted.Equal(rv.Plan.Policy.Capacity), "the plan sums to the capacity, got %s", granted)

	again := t.TempDir()
	code, _, _ = try(t, "-out", again)
	require.Zero(t, code)
	for _, name := range []string{"review.json", "review.html"} {
		first, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		second, err := os.ReadFile(filepath.Join(again, name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(first, second), "%s differs from run to run", name)
	}
}

// The page opens without a network: nothing in it points anywhere.
func TestPageIsSelfContained(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		dir := t.TempDir()
		code, _, stderr := try(t, "-out", dir, "-lang", lang)
		require.Zero(t, code, stderr)
		b, err := os.ReadFile(filepath.Join(dir, "review.html"))
		require.NoError(t, err)
		page := string(b)
		assert.Equal(t, 5, strings.Count(page, `<svg role="img" aria-label="`), "each picture has its words")
		assert.NotRegexp(t, `(?i)<script|<link|<iframe|src=|href="http|url\(|@import`, page)
		assert.NotContains(t, page, "NaN")
		assert.NotContains(t, page, "%!")
		assert.NotRegexp(t, `<svg[^>]* width="`, page, "a picture scales with the page")
	}
}

func TestChineseReviewHasNoEnglishLabels(t *testing.T) {
	code, screen, _ := try(t, "-out", "", "-lang", "zh")
	require.Zero(t, code)
	assert.Contains(t, screen, "大客户复盘")
	for _, word := range []string{"accounts", "orders", "gross", "gold", "What to look at", "Receivables"} {
		assert.NotContains(t, screen, word)
	}
}

func TestTwoCustomerCompany(t *testing.T) {
	dir := t.TempDir()
	code, screen, stderr := try(t, "-transactions", file(t, "two.csv", twoCustomers), "-out", dir)
	require.Zero(t, code, stderr)
	assert.Contains(t, screen, "200")
	assert.Contains(t, screen, "no estimate", "two customers are too few for a model, and it says so")
	assert.FileExists(t, filepath.Join(dir, "review.html"))
}

func TestReturnOnlyCustomer(t *testing.T) {
	path := file(t, "returns.csv", twoCustomers+"Eve,R1,bolt,2026-02-01,-1,-10.00,EUR\n")
	code, out, stderr := try(t, "-transactions", path, "-out", "", "-json")
	require.Zero(t, code, stderr)
	var rv review
	require.NoError(t, json.Unmarshal([]byte(out), &rv))
	assert.Equal(t, 2, rv.Portfolio.Buyers)
	assert.Equal(t, 1, rv.Portfolio.ReturnOnly)
	assert.Equal(t, "215.50", rv.Portfolio.Net.StringFixed(2))
	last := rv.Accounts[len(rv.Accounts)-1]
	assert.Equal(t, "Eve", last.ID)
	assert.Empty(t, last.RFM)
	assert.LessOrEqual(t, rv.Accounts[0].Cumulative, 1.0)
}

func TestOnlyReturns(t *testing.T) {
	path := file(t, "only.csv", "account,time,amount\nEve,2026-02-01,-10\nZed,2026-02-03,-4\n")
	dir := t.TempDir()
	code, screen, stderr := try(t, "-transactions", path, "-out", dir)
	require.Zero(t, code, stderr)
	assert.Contains(t, screen, "-14")
	assert.FileExists(t, filepath.Join(dir, "review.html"))
}

// Every wrong file gets a sentence that names the file and the way out.
func TestWrongFiles(t *testing.T) {
	z := gzipped(t, twoCustomers+strings.Repeat("Cid,9,bolt,2026-01-09,1,9.99,EUR\n", 20_000))
	for name, c := range map[string]struct {
		path string
		args []string
		want []string
	}{
		"absent":         {path: filepath.Join(t.TempDir(), "absent.csv"), want: []string{"absent.csv", "no such file"}},
		"empty":          {path: file(t, "empty.csv", ""), want: []string{"empty.csv", "empty", "no header"}},
		"header only":    {path: file(t, "head.csv", "account,time,amount\n"), want: []string{"head.csv", "no transactions"}},
		"truncated gzip": {path: file(t, "cut.csv.gz", z[:len(z)/2]), want: []string{"cut.csv.gz: line ", "truncated"}},
		"damaged gzip":   {path: file(t, "bad.csv.gz", "\x1f\x8bnot gzip at all"), want: []string{"bad.csv.gz", "damaged"}},
		"other columns":  {path: file(t, "cols.csv", "a,b\n1,2\n"), want: []string{"no column for account and time", "a, b", "-columns account="}},
		"no amount":      {path: file(t, "amount.csv", "account,time,quantity\nA,2026-01-01,1\n"), want: []string{"no column for amount"}},
		"picture":        {path: file(t, "x.csv", "\x89PNG\r\n\x1a\n\x00\x00"), want: []string{"x.csv"}},
		"bad amount":     {path: file(t, "n.csv", "account,time,amount\nA,2026-01-01,1\nA,2026-01-02,12x\n"), want: []string{"n.csv: line 3, column 3 (amount)", `"12x"`, "not a decimal number"}},
		"decimal comma":  {path: file(t, "c.csv", "account;time;amount\nA;2026-01-01;1.234,50\n"), want: []string{"line 2, column 3", "-decimal-comma"}},
		"bad time":       {path: file(t, "t.csv", "account,time,amount\nA,03/04/2026,1\n"), want: []string{"line 2, column 2 (time)", "-time-layout"}},
		"short line":     {path: file(t, "s.csv", "account,time,amount\nA,2026-01-01\n"), want: []string{"s.csv: line 2", "3 columns"}},
		"open quote":     {path: file(t, "q.csv", "account,time,amount\n\"A,2026-01-01,1\n"), want: []string{"q.csv: line", "quote"}},
		"gbk":            {path: file(t, "g.csv", "account,time,amount\n\xbb\xaa\xb6\xab,2026-01-01,1\n"), want: []string{"UTF-8", "-encoding gbk"}},
		"huge number":    {path: file(t, "h.csv", "account,time,amount\nA,2026-01-01,1e999999999\n"), want: []string{"line 2, column 3", "number"}},
		"utf-16":         {path: file(t, "u.csv", "\xff\xfea\x00c\x00"), want: []string{"u.csv", "-encoding utf-16"}},
		"bare returns":   {path: file(t, "r.csv", "account,time,amount\rA,2026-01-01,1\r"), want: []string{"r.csv", "carriage return"}},
		"same name":      {path: file(t, "d.csv", "account,time,amount,Amount\nA,2026-01-01,1,2\n"), want: []string{"line 1, column 3 (amount)", "two columns"}},
		"thousands":      {path: file(t, "k.csv", "account,time,amount\nA,2026-01-01,\"1,234.56\"\n"), want: []string{"without the commas"}},
		"mixed commas":   {path: file(t, "mc.csv", "account;time;amount\nA;2026-01-01;1.250,00\nA;2026-01-02;-125.00\n"), args: []string{"-decimal-comma"}, want: []string{"line 3, column 3", "decimal comma"}},
		"far away":       {path: file(t, "y.csv", "account,time,amount\nA,2026-01-01,1\nA,9999-01-01,1\n"), want: []string{"line 3, column 2 (time)", "1900 to 2199"}},
		"309 digits":     {path: file(t, "big.csv", "account,time,amount\nA,2026-01-01,"+strings.Repeat("9", 309)+"\n"), want: []string{"line 2, column 3", "outside the range"}},
		"two currencies": {path: file(t, "m.csv", "account,time,amount,currency\nA,2026-01-01,1,EUR\nA,2026-01-01,1,USD\n"), want: []string{"line 3, column 4 (currency)", "EUR", "USD", "-currency"}},
		"all left out":   {path: file(t, "o.csv", twoCustomers), args: []string{"-asof", "2020-01-01"}, want: []string{"none of the 3 rows", "outside the period: 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			code, stdout, stderr := try(t, append([]string{"-transactions", c.path, "-out", dir}, c.args...)...)
			assert.Equal(t, 1, code)
			assert.Empty(t, stdout)
			for _, w := range c.want {
				assert.Contains(t, stderr, w)
			}
			assert.NoFileExists(t, filepath.Join(dir, "review.json"))
		})
	}
}

func TestWrongFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-lang", "fr"}, "-lang fr"},
		{[]string{"-tz", "Mars/Base"}, "-tz Mars/Base"},
		{[]string{"sales.csv"}, "unexpected argument"},
		{[]string{"-invoices", "x.csv", "-asof", "2026-01-01"}, "-invoices needs -transactions"},
		{[]string{"-currency", "EUR"}, "-currency needs -transactions"},
		{[]string{"-transactions", "x.csv", "-asof", "soon"}, "-asof soon"},
		{[]string{"-transactions", "x.csv", "-columns", "acount=A"}, `no field "acount"`},
		{[]string{"-transactions", "x.csv", "-columns", "account"}, "field=Header"},
		{[]string{"-transactions", "x.csv", "-delimiter", "::"}, "one character"},
		{[]string{"-transactions", "x.csv", "-capacity", "absent.json"}, "absent.json"},
		{[]string{"-nonsense"}, "nonsense"},
	} {
		code, _, stderr := try(t, append(c.args, "-out", "")...)
		assert.Equal(t, 2, code, c.args)
		assert.Contains(t, stderr, c.want)
	}
	code, _, stderr := try(t, "-h")
	assert.Zero(t, code)
	assert.Contains(t, stderr, "-transactions FILE")
}

// A spreadsheet from a German or a Chinese office works with the flags that
// the messages name.
func TestDialects(t *testing.T) {
	german := file(t, "de.csv", "\uFEFFKunde;Datum;Betrag\r\nMüller & Söhne;31.01.2026;1.234,50\r\nWagner;01.02.2026;99,00\r\n")
	code, out, stderr := try(t, "-transactions", german, "-columns", "account=Kunde,time=Datum,amount=Betrag",
		"-decimal-comma", "-time-layout", "02.01.2006", "-out", "", "-json")
	require.Zero(t, code, stderr)
	assert.Contains(t, out, `"net": "1333.5"`)
	assert.Contains(t, out, "Müller & Söhne")

	gbk := file(t, "zh.csv", "\xbf\xcd\xbb\xa7,\xc8\xd5\xc6\xda,\xbd\xf0\xb6\xee\n\xbb\xaa\xb6\xab,2026-01-31,100\n")
	code, out, stderr = try(t, "-transactions", gbk, "-encoding", "gbk", "-out", "", "-json")
	require.Zero(t, code, stderr)
	assert.Contains(t, out, "华东")
}

func TestMalformedRowsAreCountedOnRequest(t *testing.T) {
	path := file(t, "m.csv", "account,time,amount\nA,2026-01-01,1\nA,2026-01-02,12x\nB,2026-01-02\n,2026-01-02,5\nA,2026-01-03,2\n")
	code, out, stderr := try(t, "-transactions", path, "-skip-malformed", "-out", "", "-json")
	require.Zero(t, code, stderr)
	var rv review
	require.NoError(t, json.Unmarshal([]byte(out), &rv))
	in := rv.Inputs[0]
	assert.Equal(t, 5, in.Rows)
	assert.Equal(t, 2, in.Used)
	require.Len(t, in.Skipped, 2)
	assert.Equal(t, skipped{Reason: malformed, Rows: 2, Example: in.Skipped[0].Example}, in.Skipped[0])
	assert.Contains(t, in.Skipped[0].Example, "line 3, column 3")
	assert.Equal(t, skipped{Reason: noAccount, Rows: 1}, in.Skipped[1])
}

func TestOtherInputs(t *testing.T) {
	invoices := file(t, "inv.csv", "invoice,account,issued,due,amount,paid\n1,Ada,2026-01-05,2026-01-20,100.00,\n2,Ada,2026-02-05,2026-03-05,100.00,\n3,Bob,2026-01-20,2026-02-01,25.50,2026-02-03\n")
	answers := file(t, "ans.csv", "account,contact,time,score\nAda,x,2026-01-07,3\nAda,y,2026-01-07,6\nBob,z,2026-01-08,10\nBob,w,2026-01-08,\n")
	capacity := file(t, "cap.json", `{"version":"t1","resource":{"en":"visits"},"capacity":"10","unit":"1","levels":[{"class":"A","name":{"en":"gold"},"floor":"2","cap":"6"},{"class":"B","name":{"en":"silver"},"floor":"1","cap":null}]}`)
	code, out, stderr := try(t, "-transactions", file(t, "two.csv", twoCustomers), "-invoices", invoices,
		"-answers", answers, "-capacity", capacity, "-out", "", "-json")
	require.Zero(t, code, stderr)
	var rv review
	require.NoError(t, json.Unmarshal([]byte(out), &rv))
	require.NotNil(t, rv.Receivables)
	assert.Equal(t, "200.00", rv.Receivables.Outstanding.StringFixed(2))
	assert.Equal(t, "100.00", rv.Receivables.Overdue.StringFixed(2))
	assert.Equal(t, 16, rv.Receivables.Accounts[0].OldestDays)
	require.NotNil(t, rv.Health)
	assert.Equal(t, "200.00", rv.Health.AtStake.StringFixed(2))
	require.NotNil(t, rv.Plan.Fill)
	assert.Equal(t, "6", rv.Accounts[0].Service.StringFixed(0))
	assert.Equal(t, "4", rv.Accounts[1].Service.StringFixed(0))
	assert.Len(t, rv.Inputs, 3)
}

func TestPromisesThatCannotBeKept(t *testing.T) {
	capacity := file(t, "cap.json", `{"version":"t1","resource":{"en":"visits"},"capacity":"3","unit":"1","levels":[{"class":"A","name":{"en":"gold"},"floor":"2","cap":null},{"class":"B","name":{"en":"silver"},"floor":"2","cap":null}]}`)
	code, screen, stderr := try(t, "-transactions", file(t, "two.csv", twoCustomers), "-capacity", capacity, "-out", "")
	require.Zero(t, code, stderr)
	assert.Regexp(t, regexp.MustCompile(`(?i)floors.*4.*3`), screen)
}

func TestWrongPolicies(t *testing.T) {
	for content, want := range map[string]string{
		`{"capacity":"1","unit":"1","levels":[],"typo":1}`: "typo",
		`{"capacity":"-1","unit":"1"}`:                     "negative",
		`{"capacity":"1","unit":"1","levels":[]}`:          "no levels",
		`{"capacity":"1","unit":"1","levels":[]} and more`: "after the JSON value",
		``: "empty",
		`{"capacity":"1","unit":"1","levels":[{"class":"A","name":{},"floor":"0"},{"class":"A","name":{},"floor":"1"}]}`: "class A stands twice",
		`{"capacity":"1","unit":"1","levels":[{"class":"b","name":{},"floor":"0"}]}`:                                     `no class "b"`,
		`{"capacity":"1","unit":"1","levels":[{"class":"B","name":{},"floor":"0.3"}]}`:                                   "class B: the floor of 0.3 is no multiple",
		`{"capacity":"1.5","unit":"1","levels":[{"class":"B","name":{},"floor":"0"}]}`:                                   "capacity of 1.5 is no multiple",
	} {
		code, _, stderr := try(t, "-transactions", file(t, "two.csv", twoCustomers), "-capacity", file(t, "cap.json", content), "-out", "")
		assert.Equal(t, 2, code)
		assert.Contains(t, stderr, want)
	}
}
