// Package state writes and reads saved forms: states as bytes, and states,
// models and policies as JSON.
//
// Either begins with the name of a schema and a version ([Form]). Another
// schema, and a version that is not read, are refused with
// [keyaccount.ErrVersion] before anything else is looked at, since the rest of
// an unknown form may not even parse. Whatever else is wrong is a
// [*keyaccount.InputError] of kind [keyaccount.ErrMalformed] that names what
// was read.
//
// Bytes are appended with the functions here and with those of encoding/binary
// for integers (base-128 varints, the signed ones zigzag), and a [Reader] takes
// them off again:
//
//	b := form.AppendHeader(nil)
//	b = state.AppendText(b, zone)
//	b = binary.AppendUvarint(b, uint64(len(ids)))
//	for _, id := range ids {
//		b = state.AppendText(b, id)
//	}
//
//	r := state.NewCanonicalReader(b, "Counts")
//	r.Header(form)
//	zone := r.Text()
//	for range r.Length() {
//		ids = append(ids, r.Text())
//	}
//	return r.End()
//
// A Reader goes through hostile bytes in time and memory in proportion to
// their number, as long as a loop over a count ends at the first fault.
package state
