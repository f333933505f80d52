package state

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// colour is a part that says itself what is wrong with it.
type colour string

func (c *colour) UnmarshalText(text []byte) error {
	if string(text) != "red" {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: "Colour", Value: string(text), Reason: "want red"}
	}
	*c = "red"
	return nil
}

type document struct {
	Schema  string          `json:"schema"`
	Version json.RawMessage `json:"version"`
	N       int             `json:"n"`
	Colour  colour          `json:"colour"`
}

func TestReadJSON(t *testing.T) {
	long := strings.Repeat("长", 5000)
	nameOnly := Form{Schema: "s"}
	for _, c := range []struct {
		name   string
		form   Form
		text   string
		kind   error // of ReadJSON
		strict error // of ReadJSONStrictly
		field  string
	}{
		{"whole", form, `{"schema":"s","version":3,"n":7,"colour":"red"}`, nil, nil, ""},
		{"older", form, `{"schema":"s","version":2,"n":7}`, nil, nil, ""},
		{"with space around", form, " \n{\"schema\":\"s\",\"version\":2,\"n\":7} \t", nil, nil, ""},
		{"too old", form, `{"schema":"s","version":1}`, keyaccount.ErrVersion, keyaccount.ErrVersion, "Version"},
		{"newer, and of another shape", form, `{"schema":"s","version":4,"n":{}}`, keyaccount.ErrVersion, keyaccount.ErrVersion, "Version"},
		{"negative", form, `{"schema":"s","version":-1}`, keyaccount.ErrVersion, keyaccount.ErrVersion, "Version"},
		{"no version", form, `{"schema":"s"}`, keyaccount.ErrVersion, keyaccount.ErrVersion, "Version"},
		{"null version", form, `{"schema":"s","version":null}`, keyaccount.ErrVersion, keyaccount.ErrVersion, "Version"},
		{"no number", form, `{"schema":"s","version":"3"}`, keyaccount.ErrMalformed, keyaccount.ErrMalformed, "Test"},
		{"no whole number", form, `{"schema":"s","version":2.5}`, keyaccount.ErrMalformed, keyaccount.ErrMalformed, "Test"},
		{"another schema, whose versions are texts", form, `{"schema":"t","version":"3"}`, keyaccount.ErrVersion, keyaccount.ErrVersion, "Schema"},
		{"no schema", form, `{}`, keyaccount.ErrVersion, keyaccount.ErrVersion, "Schema"},
		{"null", form, `null`, keyaccount.ErrVersion, keyaccount.ErrVersion, "Schema"},
		{"a schema that is no text", form, `{"schema":3}`, keyaccount.ErrMalformed, keyaccount.ErrMalformed, "Test"},
		{"no object", form, `[]`, keyaccount.ErrMalformed, keyaccount.ErrMalformed, "Test"},
		{"nothing", form, ``, keyaccount.ErrMalformed, keyaccount.ErrMalformed, "Test"},
		{"text behind", form, `{"schema":"s","version":3}{}`, keyaccount.ErrMalformed, keyaccount.ErrMalformed, "Test"},
		{"cut short", form, `{"schema":"s","version":3`, keyaccount.ErrMalformed, keyaccount.ErrMalformed, "Test"},
		{"no such shape", form, `{"schema":"s","version":3,"n":"` + long + `"}`, keyaccount.ErrMalformed, keyaccount.ErrMalformed, "Test"},
		{"unknown field", form, `{"schema":"s","version":3,"n":7,"` + long + `":1}`, nil, keyaccount.ErrMalformed, "Test"},
		{"a part's own error", form, `{"schema":"s","version":3,"colour":"blue"}`, keyaccount.ErrOutOfRange, keyaccount.ErrOutOfRange, "Colour"},
		{"versions of the host's own", nameOnly, `{"schema":"s","version":"2025-1","n":7}`, nil, nil, ""},
		{"name only, another", nameOnly, `{"schema":"t"}`, keyaccount.ErrVersion, keyaccount.ErrVersion, "Schema"},
	} {
		for _, way := range []struct {
			read func([]byte, string, any) error
			want error
		}{{c.form.ReadJSON, c.kind}, {c.form.ReadJSONStrictly, c.strict}} {
			var d document
			err := way.read([]byte(c.text), "Test", &d)
			if way.want == nil {
				require.NoError(t, err, c.name)
				assert.Equal(t, 7, d.N, c.name)
				continue
			}
			in := inputError(t, err, way.want, c.field)
			assert.LessOrEqual(t, len(in.Error()), 300, "%s: a hostile text is not repeated in full", c.name)
		}
	}
}

func TestReadJSONStrictly(t *testing.T) {
	var n int
	require.NoError(t, ReadJSONStrictly([]byte(" 7\n"), "Test", &n))
	assert.Equal(t, 7, n)
	for _, text := range []string{"", "7 8", "7,", "7}", "[7]", "7 x"} {
		inputError(t, ReadJSONStrictly([]byte(text), "Test", &n), keyaccount.ErrMalformed, "Test")
	}
}

func TestFormCheck(t *testing.T) {
	for version, fine := range []bool{false, false, true, true, false} {
		if err := form.Check("s", version); !fine {
			inputError(t, err, keyaccount.ErrVersion, "Version")
		} else {
			assert.NoError(t, err)
		}
	}
	inputError(t, form.Check("S", 3), keyaccount.ErrVersion, "Schema")
	assert.NoError(t, form.CheckSchema("s"))
	in := inputError(t, form.Check("s", 4), keyaccount.ErrVersion, "Version")
	assert.Equal(t, "only the versions 2 to 3 are known", in.Reason)
	inputError(t, (Form{Schema: "s", Version: 3}).Check("s", 2), keyaccount.ErrVersion, "Version")
}

func TestFaultIsShort(t *testing.T) {
	in := inputError(t, Fault("Test", strings.Repeat("长", 5000)), keyaccount.ErrMalformed, "Test")
	assert.Equal(t, strings.Repeat("长", 66)+"…", in.Reason, "cut between two characters")
	assert.Equal(t, "as it is", inputError(t, Fault("Test", "as it is"), keyaccount.ErrMalformed, "Test").Reason)
}

// FuzzReadJSON: what is read strictly is read leniently as the same, and what
// is not is a typed error.
func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`{"schema":"s","version":3,"n":7,"colour":"red"}`))
	f.Add([]byte(`{"schema":"s","Version":2,"version":3e0,"x":[{}]} {}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var strict, lenient document
		errStrict, errLenient := form.ReadJSONStrictly(b, "Test", &strict), form.ReadJSON(b, "Test", &lenient)
		for _, err := range []error{errStrict, errLenient} {
			var in *keyaccount.InputError
			if err != nil {
				require.ErrorAs(t, err, &in)
			}
		}
		if errStrict == nil {
			require.NoError(t, errLenient)
			require.Equal(t, lenient, strict)
		}
	})
}
