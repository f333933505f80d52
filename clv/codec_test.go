package clv

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// States are stored and compared as bytes: what is written of one state stays
// the same from release to release, or its version changes.
func TestSavedBytesStayAsTheyAre(t *testing.T) {
	counts := bytesOf(t, tableOf(t, []countedHistory{{History{300, 2.5, 9}, 3}, {History{0, 0, 1.0 / 3}, 40_000}}))
	assert.Equal(t, "156b65796163636f756e742f636c762e436f756e747301020000000000000000003fd5555555555555c0b802ac024004"+
		"000000000000402200000000000003", hex.EncodeToString(counts))
	assert.Equal(t, "1a6b65796163636f756e742f636c762e43616c6962726174696f6e01047765656b0d417369612f5368616e6768616902"+
		"014102ef8f2d090ae5aea2e688b7203c313e0201edf0de01", hex.EncodeToString(bytesOf(t, calibrationOfText(t))))
}

// Of a table that a later version wrote, the version is what is wrong, and not
// the fields that it added.
func TestCountsJSONLooksAtTheVersionFirst(t *testing.T) {
	for text, field := range map[string]string{
		`{"schema":"keyaccount/clv.Counts","version":2,"news":[],"rows":{}}`: "Version",
		`{"schema":"keyaccount/clv.Calibration","version":1,"accounts":[]}`:  "Schema",
	} {
		err := new(Counts).UnmarshalJSON([]byte(text))
		require.ErrorIs(t, err, keyaccount.ErrVersion, text)
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.Equal(t, field, in.Field)
	}
}
