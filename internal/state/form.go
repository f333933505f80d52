package state

import (
	"cmp"
	"encoding/binary"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Form is a saved form.
type Form struct {
	// Schema is its name, such as keyaccount/clv.Counts.
	Schema string
	// Version is what is written. 0 stands for a form without versions, of
	// which the schema is all there is.
	Version int
	// Oldest is the first version that is still read. Defaults to Version.
	Oldest int
}

// AppendHeader appends the schema and the version.
func (f Form) AppendHeader(b []byte) []byte {
	return binary.AppendUvarint(AppendText(b, f.Schema), uint64(f.Version))
}

// Check refuses another schema and a version that is not read, with
// [keyaccount.ErrVersion].
func (f Form) Check(schema string, version int) error {
	if err := f.CheckSchema(schema); err != nil {
		return err
	}
	if version < f.oldest() || version > f.Version {
		return f.unknownVersion(strconv.Itoa(version))
	}
	return nil
}

func (f Form) oldest() int { return cmp.Or(f.Oldest, f.Version) }

// CheckSchema is [Form.Check] of a form without versions.
func (f Form) CheckSchema(schema string) error {
	if schema == f.Schema {
		return nil
	}
	return &keyaccount.InputError{Kind: keyaccount.ErrVersion, Field: "Schema", Value: schema, Reason: "this is not " + f.Schema}
}

func (f Form) unknownVersion(version string) error {
	known := "only version " + strconv.Itoa(f.Version) + " is known"
	if f.oldest() < f.Version {
		known = "only the versions " + strconv.Itoa(f.oldest()) + " to " + strconv.Itoa(f.Version) + " are known"
	}
	return &keyaccount.InputError{Kind: keyaccount.ErrVersion, Field: "Version", Value: version, Reason: known}
}
