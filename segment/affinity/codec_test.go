package affinity

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// States are stored and compared as bytes: what is written of one state stays
// the same from release to release, or its version changes.
func TestSavedBytesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	small := bytesOf(t, purchasesOf(t, buy("A", "1", "ink", "2025-03-01"), buy("A", "1", "pen", "1969-12-31"),
		buy("A", "", "pen", "2025-03-01"), buy("客户", "2", "ink", "2025-03-02")))
	assert.Equal(t, "256b65796163636f756e742f7365676d656e742f616666696e6974792e50757263686173657301035554430002014106"+
		"e5aea2e688b70203696e6b0370656e040002310080b892fc0c000001ffc50a00010180b892fc0c0102320080fe9cfc0c", hex.EncodeToString(small))

	many := sha256.Sum256(bytesOf(t, purchasesOf(t, randomLines(rand.New(rand.NewPCG(1, 2)), 500)...)))
	assert.Equal(t, "60f25b12c3a3ae1d5340622c5db0eda7c0e1433490d060eb9df273e3f92cdfad", hex.EncodeToString(many[:]))
}
