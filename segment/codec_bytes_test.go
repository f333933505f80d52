package segment

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// linesToSave touch what the binary forms can hold: orders of several lines
// and none, returns, products, times of day, and money of any width.
func linesToSave() []keyaccount.Transaction {
	txs := append(v1Lines(),
		ofProduct(line("ACME", "3", "2025-03-01", "1", "7.00"), "pen"),
		ofProduct(line("ACME", "3", "2025-12-31", "1", "7.00"), "墨"),
		ofProduct(line("\xff", "1", "0001-01-02", "1", "1e20"), "pen"),
	)
	txs[7].Time = txs[7].Time.Add(86399_999_999_999)
	return txs
}

// States are stored and compared as bytes: what is written of one state stays
// the same from release to release, or its version changes.
func TestSavedBytesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	all := sha256.New()
	for _, o := range everyOptions(t) {
		all.Write(bytesOf(t, summaryWith(t, o, linesToSave())))
	}
	assert.Equal(t, "089e1bf41ca0d060cba695c73617b82d930fe19345a013e72267951adfd6b5d7", hex.EncodeToString(all.Sum(nil)), "a summary of every kind")

	light := bytesOf(t, summaryWith(t, SummaryOptions{}, v1Lines()[:1]))
	assert.Equal(t, "1a6b65796163636f756e742f7365676d656e742e53756d6d617279020355544303455552000000010441434d45010000"+
		"0101310102040802000080b892fc0c0080b892fc0c0080b892fc0c00", hex.EncodeToString(light))

	cohorts := cohortBytes(t, cohortsOf(t, linesToSave()...))
	sum := sha256.Sum256(cohorts)
	assert.Equal(t, "d5a8eaa840f06d1bcda29d1df0af53abbaf22917d4d3e57ec1770a9096d4a785", hex.EncodeToString(sum[:]))
	one := cohortBytes(t, cohortsOf(t, v1Lines()[0], v1Lines()[1]))
	assert.Equal(t, "1a6b65796163636f756e742f7365676d656e742e436f686f727473010355544303455552010441434d4501dffb020204"+
		"0640", hex.EncodeToString(one))
	require.NoError(t, new(Cohorts).UnmarshalBinary(one))
}
