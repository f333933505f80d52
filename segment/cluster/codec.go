package cluster

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// decode looks at the version first: the rest of an unknown one may not even
// parse.
func decode(data []byte, field, schema string, version int, into any) error {
	malformed := func(err error) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: field, Reason: err.Error()}
	}
	var head struct {
		Schema  string `json:"schema"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return malformed(err)
	}
	if err := checkSaved(head.Schema, schema, head.Version, version); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		if in, ok := asInputError(err); ok {
			return in
		}
		return malformed(err)
	}
	return nil
}

// checkSaved refuses a schema or version that is not the wanted one.
func checkSaved(schema, wantSchema string, version, wantVersion int) error {
	if schema != wantSchema {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Schema", Value: schema, Reason: "this is not " + wantSchema,
		}
	}
	if version != wantVersion {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Version", Value: strconv.Itoa(version),
			Reason: "only version " + strconv.Itoa(wantVersion) + " is known",
		}
	}
	return nil
}

// asInputError finds the error of a nested decoder.
func asInputError(err error) (*keyaccount.InputError, bool) {
	return errors.AsType[*keyaccount.InputError](err)
}
