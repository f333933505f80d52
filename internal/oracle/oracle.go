// Package oracle finds the reference figures and data sets that stay outside
// the project, for tests only.
//
// They lie in the folder that the environment variable KEYACCOUNT_SHARED
// names, else in ../shared beside the checkout. Where there is none, a test
// that needs a file is skipped by name; where the variable is set, a missing
// file fails the test, so that CI cannot pass by not looking.
package oracle

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Path returns the path of a shared file, such as "oracles/survey/golden.json".
func Path(t testing.TB, name string) string {
	t.Helper()
	root, named := os.LookupEnv("KEYACCOUNT_SHARED")
	if !named {
		root = beside()
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if named {
			t.Fatalf("KEYACCOUNT_SHARED is set, but: %v", err)
		}
		t.Skipf("needs the shared file %s (set KEYACCOUNT_SHARED to the folder that holds it)", name)
	}
	return path
}

// beside walks up to the outermost go.mod (nested modules have one too) and
// returns the folder "shared" next to the checkout.
func beside() string {
	dir, err := os.Getwd()
	if err != nil {
		return "shared"
	}
	root := dir
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			root = d
		}
		if d == filepath.Dir(d) {
			return filepath.Join(filepath.Dir(root), "shared")
		}
	}
}

// Open opens a shared file, through gzip when its name ends in .gz. It is
// closed when the test ends.
func Open(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if !strings.HasSuffix(name, ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return z
}

// CSV reads a shared CSV file with a header into one map per record.
func CSV(t testing.TB, name string) []map[string]string {
	t.Helper()
	records, err := csv.NewReader(Open(t, name)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(records) == 0 {
		t.Fatalf("%s: empty", name)
	}
	rows := make([]map[string]string, 0, len(records)-1)
	for _, rec := range records[1:] {
		row := make(map[string]string, len(rec))
		for i, v := range rec {
			row[records[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}

// JSON decodes a shared JSON file into v.
func JSON(t testing.TB, name string, v any) {
	t.Helper()
	if err := json.NewDecoder(Open(t, name)).Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
