package segment

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// summaryV1 is what the code of version 1 wrote of v1Lines in Asia/Shanghai.
const summaryV1 = "GmtleWFjY291bnQvc2VnbWVudC5TdW1tYXJ5AQ1Bc2lhL1NoYW5naGFpA0VVUgMEQUNNRQUBAQIBMQMBMgGArKCBDQCAjIP4DACAuJL8" +
	"DAADBFR5AQE3BEJldGEBAAABAkM3AoD44/4MAAAAAAAG5a6i5oi3AQAAAQE5Af/FCgD/xQoA/8UKAAIam9MKPGRZQ90WkKA6FAAA"

func v1Lines() []keyaccount.Transaction {
	return []keyaccount.Transaction{
		line("ACME", "1", "2025-03-01", "2", "20.50"),
		line("ACME", "1", "2025-03-09", "-1", "-4.5"),
		line("ACME", "2", "2025-01-10", "1", "0"),
		line("ACME", "", "2025-02-01", "1", "1.125"),
		line("ACME", "", "2025-05-02", "-1", "-1"),
		line("Beta", "C7", "2025-04-02", "-1", "0"),
		line("客户", "9", "1969-12-31", "1", "123456789012345678901234567890.12"),
	}
}

func TestVersion1IsRead(t *testing.T) {
	t.Parallel()
	v1, err := base64.StdEncoding.DecodeString(summaryV1)
	require.NoError(t, err)
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)

	want := NewSummary(SummaryOptions{Location: shanghai})
	for _, tx := range v1Lines() {
		require.NoError(t, want.Add(tx))
	}
	got := NewSummary(SummaryOptions{Location: shanghai})
	require.NoError(t, got.UnmarshalBinary(v1))
	assert.Equal(t, bytesOf(t, want), bytesOf(t, got), "written again, it is of version 2")
	assert.NotEqual(t, v1, bytesOf(t, got))
	assert.Equal(t, want.Accounts(day("2025-06-01")), got.Accounts(day("2025-06-01")))

	// Version 1 collected nothing more, and says so instead of giving zeros.
	months := NewSummary(SummaryOptions{Location: shanghai, Periods: ByMonth})
	inputError(t, months.UnmarshalBinary(v1), keyaccount.ErrMismatch, "Periods", 0)
	for n := range v1 {
		inputError(t, NewSummary(SummaryOptions{Location: shanghai}).UnmarshalBinary(v1[:n]), keyaccount.ErrMalformed, "Summary", 0)
	}
}
