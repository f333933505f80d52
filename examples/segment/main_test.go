package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sample = `account,order,product,time,quantity,amount,currency
ACME,1001,WIDGET,2025-03-01,10,1250.00,EUR
ACME,1001,WIDGET,2025-03-09,-1,-125.00,EUR
BOLT,1002,GADGET,2025-02-11T16:30:00Z,2,80.00,EUR
COIL,0900,GADGET,2025-01-03,-1,-40.00,EUR
`

func try(in string, args ...string) (code int, stdout, stderr string) {
	var out, errs strings.Builder
	code = run(args, strings.NewReader(in), &out, &errs)
	return code, out.String(), errs.String()
}

func TestReport(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := try(sample, "-asof", "2025-04-01", "-tz", "Asia/Shanghai", "-bins", "3")
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	var got struct {
		Model    struct{ Bins, Scored, Unscored int }
		ABC      []struct{ Class string }
		Accounts []struct {
			ID, Code, Class, Net string
			Days                 int `json:"days_since_last"`
			Orders               int
			Share                float64
		}
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	assert.Equal(t, []int{3, 2, 1}, []int{got.Model.Bins, got.Model.Scored, got.Model.Unscored})
	require.Len(t, got.ABC, 4)
	require.Len(t, got.Accounts, 3)
	acme, bolt, coil := got.Accounts[0], got.Accounts[1], got.Accounts[2]
	assert.Equal(t, []any{"ACME", "313", "A", "1125", 31, 1}, []any{acme.ID, acme.Code, acme.Class, acme.Net, acme.Days, acme.Orders})
	assert.Equal(t, []any{"BOLT", "111", "B", "80", 48, 1}, []any{bolt.ID, bolt.Code, bolt.Class, bolt.Net, bolt.Days, bolt.Orders}, "16:30 UTC is the next day in Shanghai")
	assert.Equal(t, []any{"COIL", "000", "none", "-40", -1, 0}, []any{coil.ID, coil.Code, coil.Class, coil.Net, coil.Days, coil.Orders})
}

func TestDefaultsAndFiles(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "in.csv")
	require.NoError(t, os.WriteFile(name, []byte(sample), 0o600))
	_, fromFile, _ := try("", name)
	code, fromStdin, stderr := try(sample, "-")
	require.Zero(t, code, stderr)
	assert.Equal(t, fromFile, fromStdin)
	assert.Contains(t, fromStdin, `"as_of": "2025-03-10T00:00:00Z"`)

	code, _, stderr = try("\ufeffAmount,Time,Account\n5,2025-01-01,ACME\n")
	assert.Zero(t, code, stderr)
}

// A year of three accounts: ACME orders more and more, BOLT stops, COIL starts.
const year = `account,order,product,time,amount
ACME,1,WIDGET,2025-01-10,100
ACME,1,GADGET,2025-01-10,40
BOLT,2,WIDGET,2025-01-20,300
BOLT,2,GADGET,2025-01-20,50
BOLT,3,SPROCKET,2025-02-20,80
DART,4,WIDGET,2025-03-05,60
ACME,5,WIDGET,2025-07-10,500
ACME,6,WIDGET,2025-08-10,600
COIL,7,WIDGET,2025-09-01,70
`

// The two runs of the usage text: fit and keep, then score with the kept model,
// tell who moved and recommend.
func TestKeptModelScoresLaterAccounts(t *testing.T) {
	t.Parallel()
	model := filepath.Join(t.TempDir(), "model.json")
	code, first, stderr := try(year, "-asof", "2025-04-01", "-save", model)
	require.Zero(t, code, stderr)
	assert.NotContains(t, first, "COIL", "lines after -asof are left out")

	code, stdout, stderr := try(year, "-model", model, "-before", "2025-04-01", "-recommend", "2")
	require.Zero(t, code, stderr)
	var was, got struct {
		Model    json.RawMessage
		Segments []struct {
			Accounts int
			Play     *struct{ Strategy struct{ EN, ZH string } }
		}
		Moves struct {
			Entered   int
			Sentences []struct {
				ID   string
				Text []string
			}
		}
		Accounts []struct {
			ID, Code  string
			Recommend []struct{ Product, Text string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(first), &was))
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	assert.JSONEq(t, string(was.Model), string(got.Model), "the kept model, not a new one")
	kept, err := os.ReadFile(model)
	require.NoError(t, err)
	assert.JSONEq(t, string(kept), string(got.Model))

	assert.Equal(t, 1, got.Moves.Entered, "COIL")
	text := map[string][]string{}
	for _, s := range got.Moves.Sentences {
		text[s.ID] = s.Text
	}
	require.Contains(t, text, "ACME")
	assert.Contains(t, text["ACME"][1], "orders 1->3")

	total := 0
	for _, s := range got.Segments {
		total += s.Accounts
		require.NotNil(t, s.Play, "every segment has a play")
	}
	assert.Equal(t, 4, total)
	acme := got.Accounts[0]
	require.Len(t, acme.Recommend, 1, "of three products it has two")
	assert.Equal(t, "SPROCKET", acme.Recommend[0].Product)
	assert.NotEmpty(t, acme.Recommend[0].Text)

	code, _, stderr = try(year, "-before", "2025-04-01", "-recommend", "2", "-lang", "zh")
	require.Zero(t, code, stderr)
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		args     []string
		code     int
		says     string
	}{
		{"empty", "", nil, 1, "the input is empty"},
		{"only a head", "account,time,amount\n", nil, 1, "no transactions"},
		{"no amount column", "account,time\n", nil, 1, `"amount"`},
		{"time", "account,time,amount\nACME,01.03.2025,1\n", nil, 1, `row 1: time "01.03.2025"`},
		{"amount", "account,time,amount\nACME,2025-03-01,\"1,5\"\n", nil, 1, `row 1: amount "1,5"`},
		{"quantity", "account,time,amount,quantity\nACME,2025-03-01,1,few\n", nil, 1, `row 1: quantity "few"`},
		{"no account", "account,time,amount\nACME,2025-03-01,1\n,2025-03-01,1\n", nil, 1, "row 2: Account"},
		{"two currencies", "account,time,amount,currency\nA,2025-03-01,1,EUR\nB,2025-03-01,1,USD\n", nil, 1, `row 2: Currency "USD"`},
		{"ragged", "account,time,amount\nACME,2025-03-01\n", nil, 1, "wrong number of fields"},
		{"bare quote", "account,time,amount\nAC\"ME,2025-03-01,1\n", nil, 1, "line 2"},
		{"broken head", "acc\"ount\n", nil, 1, "line 1"},
		{"asof before everything", sample, []string{"-asof", "2020-02-20"}, 1, "before -asof"},
		{"nothing before", sample, []string{"-before", "2020-02-20"}, 1, "no account"},
		{"dates the wrong way", sample, []string{"-before", "2025-03-01", "-asof", "2025-02-01"}, 2, "before -asof"},
		{"recommend", sample, []string{"-recommend", "-1"}, 2, "-recommend"},
		{"no such model", sample, []string{"-model", "/no/such.json"}, 1, "no such file"},
		{"not a model", sample, []string{"-model", "main.go"}, 1, "main.go"},
		{"bins", sample, []string{"-bins", "1"}, 1, "Bins"},
		{"no such file", "", []string{"/no/such.csv"}, 1, "no such file"},
		{"asof", sample, []string{"-asof", "today"}, 2, "-asof"},
		{"tz", sample, []string{"-tz", "Mars/Olympus"}, 2, "-tz"},
		{"flag", sample, []string{"-nope"}, 2, "usage"},
		{"two files", sample, []string{"a", "b"}, 2, "one file"},
		{"help", "", []string{"-h"}, 0, "account,order,product,time,quantity,amount,currency"},
	} {
		code, stdout, stderr := try(c.in, c.args...)
		assert.Equal(t, c.code, code, c.name)
		assert.Empty(t, stdout, c.name)
		assert.Contains(t, stderr, c.says, c.name)
	}
}
