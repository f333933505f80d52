package keyaccount_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const modulePath = "github.com/keyaccount/keyaccount"

var rooms = []string{"segment", "clv", "risk", "pricing", "survey", "allocation"}

// A room links the standard library without its I/O, and these.
var (
	thirdParty = []string{"github.com/shopspring/decimal", "gonum.org/v1/gonum", "golang.org/x/exp/constraints"}
	internals  = []string{"internal/exact", "internal/label", "internal/special", "internal/state"}
	withIO     = []string{
		"crypto/rand", "database", "embed", "html/template", "io/fs", "io/ioutil", "log", "math/rand", "net",
		"os", "path/filepath", "plugin", "syscall", "testing", "text/template", "unsafe",
	}
	clockCalls   = []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Sleep", "LoadLocation"}
	decimalState = []string{
		"DivisionPrecision", "PowPrecisionNegativeExponent", "MarshalJSONWithoutQuotes", "TrimTrailingZeros",
		"UseScientificNotation", "ExpMaxIterations", "MaxDecodeExponent",
	}
)

// TestWalls holds the walls of CONTRIBUTING.md in every Go file of the tree,
// whatever its build tags: the linter sees one system only.
func TestWalls(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (strings.HasPrefix(name, ".") && name != "." || name == "testdata" || name == "examples" && !strings.Contains(path, "/")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		seen++
		for _, fault := range wallsOf(t, filepath.ToSlash(path)) {
			t.Errorf("%s: %s", path, fault)
		}
		return nil
	})
	require.NoError(t, err)
	assert.Greater(t, seen, 100, "the walk found the library")
}

// wallsOf lists what a file may not do where it stands.
func wallsOf(t *testing.T, path string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	return wallFaults(path, f)
}

func wallFaults(path string, f *ast.File) []string {
	home := strings.TrimSuffix(path[:strings.LastIndexByte("/"+path, '/')], "/")
	room, _, _ := strings.Cut(home, "/")
	inRoom := slices.Contains(rooms, room)
	test := home == "internal/oracle" || strings.HasSuffix(home, "test") // for tests: reads files, runs suites
	switch {
	case home == "", inRoom, test, slices.Contains(internals, home):
	default:
		return []string{"no folder of this name is on the map: a room, internal/…, examples/…"}
	}
	var faults []string
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return []string{err.Error()}
		}
		if fault := importFault(home, room, inRoom, test, path); fault != "" {
			faults = append(faults, "imports "+path+": "+fault)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		switch {
		case !ok || test:
		case x.Name == "time" && slices.Contains(clockCalls, s.Sel.Name):
			faults = append(faults, "time."+s.Sel.Name+": time is passed in")
		case x.Name == "decimal" && slices.Contains(decimalState, s.Sel.Name):
			faults = append(faults, "decimal."+s.Sel.Name+" is a global of the host's")
		}
		return true
	})
	return faults
}

func importFault(home, room string, inRoom, test bool, path string) string {
	within := func(prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }
	local, ours := strings.CutPrefix(path, modulePath+"/")
	switch {
	case path == modulePath:
		return ""
	case ours && slices.Contains(internals, local):
		return ""
	case ours && inRoom && (local == room || strings.HasPrefix(local, room+"/")):
		if strings.HasPrefix(local, home+"/") && !test {
			return "a parent does not import its child"
		}
		return ""
	case ours && inRoom:
		return "a room imports the root, the internals and itself"
	case ours:
		return "only rooms have sub-packages"
	case strings.Contains(strings.SplitN(path, "/", 2)[0], "."):
		if slices.ContainsFunc(thirdParty, within) {
			return ""
		}
		return "not one of the agreed dependencies"
	case slices.ContainsFunc(withIO, within) && path != "math/rand/v2" && !test:
		return "no I/O, no global state"
	}
	return ""
}

// The test itself can fail: each of these once passed a weaker wall.
func TestWallsFindWhatBreaksThem(t *testing.T) {
	for _, c := range []struct{ path, code, want string }{
		{"segment/a.go", `import "github.com/keyaccount/keyaccount/clv"`, "a room imports"},
		{"clv/a.go", `import "github.com/keyaccount/keyaccount/glue"`, "a room imports"},
		{"glue/a.go", ``, "no folder of this name"},
		{"internal/diskio/a.go", `import "os"`, "no folder of this name"},
		{"internal/exact/a.go", `import "os"`, "no I/O"},
		{"internal/exact/a.go", `import "github.com/keyaccount/keyaccount/risk"`, "only rooms"},
		{"segment/a.go", `import "github.com/keyaccount/keyaccount/segment/cluster"`, "a parent does not"},
		{"segment/examples/x/a.go", `import "os"`, "no I/O"},
		{"clv/v2_windows.go", `import "os"`, "no I/O"},
		{"clv/a.go", `import "path/filepath"`, "no I/O"},
		{"clv/a.go", `import "math/rand"`, "no I/O"},
		{"clv/a.go", `import "github.com/google/uuid"`, "agreed dependencies"},
		{"clv/a.go", `import "github.com/keyaccount/keyaccount/internal/oracle"`, "a room imports"},
		{"clv/a.go", `import "time"; var clock = time.Now`, "time.Now"},
		{"clv/a.go", `import "time"; var tick = time.NewTimer`, "time.NewTimer"},
		{"clv/a.go", `import "github.com/shopspring/decimal"; func f() { decimal.DivisionPrecision = 2 }`, "DivisionPrecision"},
		{"segment/cluster/a.go", `import "github.com/keyaccount/keyaccount/segment"`, ""},
		{"clv/a.go", `import "math/rand/v2"; import "gonum.org/v1/gonum/mat"`, ""},
		{"a.go", `import "github.com/keyaccount/keyaccount/internal/label"`, ""},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), c.path, "package p\n"+c.code, 0)
		require.NoError(t, err)
		faults := strings.Join(wallFaults(c.path, f), "; ")
		if c.want == "" {
			assert.Empty(t, faults, c.path)
			continue
		}
		assert.Contains(t, faults, c.want, "%s %s", c.path, c.code)
	}
}
