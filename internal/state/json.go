package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// ReadJSON reads a JSON object of the form into v, once its fields schema and
// version have passed [Form.Check]; of a form without versions, version is a
// field like any other. Fields that v does not have are passed over.
func (f Form) ReadJSON(data []byte, field string, v any) error {
	if err := f.CheckJSON(data, field); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return Malformed(field, err)
	}
	return nil
}

// ReadJSONStrictly is [Form.ReadJSON] under the terms of [ReadJSONStrictly].
func (f Form) ReadJSONStrictly(data []byte, field string, v any) error {
	if err := f.CheckJSON(data, field); err != nil {
		return err
	}
	return ReadJSONStrictly(data, field, v)
}

// CheckJSON reads the schema and the version alone.
func (f Form) CheckJSON(data []byte, field string) error {
	var head struct {
		Schema  string          `json:"schema"`
		Version json.RawMessage `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Malformed(field, err)
	}
	version := 0
	if f.Version > 0 && head.Version != nil && head.Schema == f.Schema {
		if err := json.Unmarshal(head.Version, &version); err != nil {
			return Malformed(field, err)
		}
	}
	return f.Check(head.Schema, version)
}

// ReadJSONStrictly reads one JSON value into v and refuses fields that v does
// not have, since a misspelt one would be a default, and whatever follows.
func ReadJSONStrictly(data []byte, field string, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return Malformed(field, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Fault(field, "there is text after the JSON value")
	}
	return nil
}

// Malformed says that the field cannot be read, unless a part of it has
// already said what is wrong with itself.
func Malformed(field string, err error) error {
	if _, ok := errors.AsType[*keyaccount.InputError](err); ok {
		return err
	}
	return Fault(field, err.Error())
}

// Fault is an error of kind [keyaccount.ErrMalformed]. It keeps a hostile text
// in the reason from being repeated in full.
func Fault(field, reason string) error {
	const most = 200
	if len(reason) > most {
		reason = strings.ToValidUTF8(reason[:most], "") + "…"
	}
	return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: field, Reason: reason}
}
