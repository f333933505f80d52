package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each message is read in full, as it stands on the screen.
func TestBadInput(t *testing.T) {
	t.Parallel()
	const head, histories = "account,time,amount,currency\n", "account,frequency,recency,age,mean,orders,currency\n"
	end := []string{"-calibration-end", "2025-06-30"}
	for _, c := range []struct {
		name, in string
		args     []string
		says     string
	}{
		{"empty", "", nil, "the input is empty; see -h for what it should hold"},
		{"only a head", head, nil, "there are no transactions below the names of the columns"},
		{"missing column", "account,amount\n", nil, `the first line does not name the column "time"; see -h`},
		{"bad date", head + "A,2025-01-01,1,\nA,03.02.2025,1,\n", nil, `row 2: time "03.02.2025": write 2006-01-02 or 2006-01-02T15:04:05+08:00`},
		{"amount", head + "A,2025-01-01,\"1,5\",\n", nil, `row 1: amount "1,5": not a decimal number`},
		{"quantity", "account,time,amount,quantity\nA,2025-01-01,1,few\n", nil, `row 1: quantity "few": not a decimal number`},
		{"no account", head + "A,2025-01-01,1,\n,2025-01-01,1,\n", nil, "row 2: Account: a transaction needs an account"},
		{"mixed currency", head + "A,2025-01-01,1,EUR\nA,2025-01-01,1,USD\n", nil, `row 2: Currency "USD": the amounts so far are in "EUR"`},
		{"the first error first", head + "A,2025-01-01,1,EUR\nA,2025-01-01,1,USD\nA,x,1,EUR\n", nil, `row 2: Currency "USD": the amounts so far are in "EUR"`},
		{"ragged", head + "A,2025-01-01\n", nil, "record on line 2: wrong number of fields"},
		{"horizon in the past", few, []string{"-horizon", "2025-06-27"}, "-horizon 2025-06-27: it must lie after 2025-06-27, where the histories end"},
		{"horizon too far", few, []string{"-horizon", "1e308"}, "-horizon 1e308: give a century at most"},
		{"horizon too far a day", few, []string{"-horizon", "2500-01-01"}, "-horizon 2500-01-01: give a century at most"},
		{"before everything", few, []string{"-calibration-end", "2024-12-31"}, "nobody bought up to the end of the calibration, 2024-12-31"},
		{"purchase after the end", few, []string{"-calibration-end", "2025-03-01", "-holdout-end", "2025-06-26"}, `HoldoutEnd "2025-06-26": account "中原食品" has a purchase after it, on 2025-06-27`},
		{"only returns", head + "A,2025-01-01,-1,\n", nil, "nobody bought up to the end of the calibration, 2025-01-01"},
		{"too few", few, nil, "-model mbg: parameters not identified: ln(a+b) goes to infinity without a maximum; -prior weak is for few accounts"},
		{"too few of all", head + "A,2025-01-01,1,\nB,2025-02-01,1,\n", []string{"-model", "auto"}, "-model auto: no model can be fitted; mbg: too few data to fit: none of 1 accounts has a repeat purchase"},
		{"too few amounts", few, []string{"-model", "nbd"}, "-spend gamma: parameters not identified: ln(q-1) goes to minus infinity without a maximum; -prior weak is for few accounts; -spend none leaves values out"},
		{"no rhythm in a summary", histories + "A,2,10,20,5,2,\n", append(end, "-model", "bgcnbd"), "-model bgcnbd: LogGaps: rhythms are told apart by the times between orders; count them with AddRhythm"},
		{"summary without its day", histories, nil, "a summary does not say on which day its ages end; give it as -calibration-end"},
		{"summary with a hold-out", histories, append(end, "-holdout-end", "2025-07-01"), "-holdout-end: a summary has no hold-out"},
		{"summary of nobody", histories, end, "there are no accounts below the names of the columns"},
		{"summary without age", "account,frequency,recency\n", end, `the first line does not name the column "age"; see -h`},
		{"frequency", histories + "A,1.5,10,20,,,\n", end, `row 1: frequency "1.5": not a whole number`},
		{"recency", histories + "A,1,ten,20,,,\n", end, `row 1: recency "ten": not a number`},
		{"age", histories + "A,1,10,,,,\n", end, `row 1: age: not a number`},
		{"orders", histories + "A,1,10,20,5,x,\n", end, `row 1: orders "x": not a whole number`},
		{"mean", histories + "A,1,10,20,x,1,\n", end, `row 1: mean "x": not a number`},
		{"no number", histories + "A,1,10,NaN,,,\n", end, `row 1: Age "NaN": a span of time must be finite and not negative`},
		{"recency after age", histories + "A,1,10,20,5,1,\nB,1,30,20,5,1,\n", end, `row 2: Recency "30": the last purchase lies after the end, at age 20`},
		{"no account in a summary", histories + ",0,0,20,,,\n", end, "row 1: account: a history needs an account"},
		{"twice", histories + "A,0,0,20,,,\nA,0,0,20,,,\n", end, `row 2: account "A": the account stands twice`},
		{"mixed summary", histories + "A,0,0,20,,,EUR\nB,0,0,20,,,USD\n", end, `row 2: currency "USD": the amounts so far are in "EUR"`},
		{"no such file", "", []string{"/no/such.csv"}, "open /no/such.csv: no such file or directory"},
		{"no such model", few, []string{"-load", "/no/such.json"}, "open /no/such.json: no such file or directory"},
		{"not a model", few, []string{"-load", "main.go"}, "main.go: invalid character '/' looking for beginning of value"},
	} {
		code, stdout, stderr := try(c.in, c.args...)
		assert.Equal(t, 1, code, c.name)
		assert.Empty(t, stdout, c.name)
		assert.Equal(t, "clv: "+c.says+"\n", stderr, c.name)
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-rate", "-1"}, "clv: -rate -1: an annual rate must be finite and above -1\n"},
		{[]string{"-rate", "NaN"}, "clv: -rate NaN: an annual rate must be finite and above -1\n"},
		{[]string{"-margin", "1.2"}, "clv: -margin 1.2: a margin is a share of revenue, at most 1\n"},
		{[]string{"-margin", "0"}, "clv: -margin 0: nothing would be left of any order; give a share other than 0\n"},
		{[]string{"-order-cost", "-3"}, "clv: -order-cost -3: a cost is not negative\n"},
		{[]string{"-service-cost", "-3"}, "clv: -service-cost -3: a cost is not negative\n"},
		{[]string{"-retention-cost", "-3"}, "clv: -retention-cost -3: a cost is not negative\n"},
		{[]string{"-payment-delay", "-1"}, "clv: -payment-delay -1: a delay lies between 0 and 36525 days\n"},
		{[]string{"-horizon", "0"}, "clv: -horizon 0: write a day as 2006-01-02, or a number of units above 0\n"},
		{[]string{"-horizon", "NaN"}, "clv: -horizon NaN: write a day as 2006-01-02, or a number of units above 0\n"},
		{[]string{"-horizon", "soon"}, "clv: -horizon soon: write a day as 2006-01-02, or a number of units above 0\n"},
		{[]string{"-calibration-end", "2025-02-30"}, "clv: -calibration-end 2025-02-30: write a day as 2006-01-02\n"},
		{[]string{"-holdout-end", "2025-02-20"}, "clv: -holdout-end needs a -calibration-end\n"},
		{[]string{"-holdout-end", "2025-02-20", "-calibration-end", "2025-02-20"}, "clv: -holdout-end 2025-02-20 must lie after -calibration-end\n"},
		{[]string{"-model", "best"}, "clv: -model best: choose one of mbg, bg, pareto, nbd, mbgcnbd, bgcnbd, auto\n"},
		{[]string{"-spend", "big"}, "clv: -spend big: choose one of gamma, lognormal, normal, none\n"},
		{[]string{"-prior", "strong"}, "clv: -prior strong: choose one of none, weak\n"},
		{[]string{"-format", "xml"}, "clv: -format xml: choose one of json, table\n"},
		{[]string{"-load", "m.json", "-model", "bg", "-unit", "day"}, "clv: -load takes models as they were kept: leave out -model, -unit\n"},
		{[]string{"-tz", "Mars/Olympus"}, "clv: -tz: unknown time zone Mars/Olympus\n"},
		{[]string{"a", "b"}, "clv: give one file, or none for standard input; see -h\n"},
	} {
		code, stdout, stderr := try(few, c.args...)
		assert.Equal(t, 2, code, c.args)
		assert.Empty(t, stdout, c.args)
		assert.Equal(t, c.says, stderr, c.args)
	}
	for _, c := range [][2]string{{"-unit", "moon"}, {"-order-cost", "x"}, {"-rate", "x"}, {"-nope", "x"}} {
		code, _, stderr := try(few, c[0], c[1])
		assert.Equal(t, 2, code, c)
		assert.Contains(t, stderr, c[0])
		assert.Contains(t, stderr, "usage: clv")
	}
	code, _, stderr := try("", "-h")
	assert.Zero(t, code)
	assert.Contains(t, stderr, "ACME,2025-03-01,1250.00,EUR")
}

func TestBadModelFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "model.json")
	read(t, few, "-prior", "weak", "-save", file)
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, c := range []struct{ old, replaced, says string }{
		{`models`, `models`, ""},
		{keptSchema, "other", `schema "other" version 1; only "keyaccount/examples/clv.Models" version 1 is known here`},
		{`"currency"`, `"money"`, `json: unknown field "money"`},
		{`"MBG/NBD"`, `"sBG"`, `the model of orders: keyaccount: Model "sBG": this is no model of the flow of orders`},
		{`"Gamma-Gamma"`, `"sBG"`, `the model of spend: keyaccount: Model "sBG": only a normal can be read here`},
		{`"CNY"`, `"EUR"`, `the amounts are in "CNY", those of the saved model in "EUR"`},
		{`"net"`, `"some"`, "some"},
	} {
		require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(good), c.old, c.replaced, 1)), 0o600))
		code, _, stderr := try(few, "-load", file)
		if c.says == "" {
			assert.Zero(t, code, stderr)
			continue
		}
		assert.Equal(t, 1, code, c.says)
		assert.Contains(t, stderr, c.says)
	}
}
