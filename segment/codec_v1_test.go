package segment

import (
	"github.com/keyaccount/keyaccount"
)

// v1Lines are the lines behind summaryV1.
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
