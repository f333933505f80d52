package survey

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

// Eleven answers of four accounts: count-all .4545, account scores .6, .5, 1/3
// and 0 (06_smalln.out, data/survey/account_rollup.csv).
var rollUp = []Answer{
	{Account: "A", State: Answered, Score: 6},
	{Account: "A", State: Answered, Score: 9},
	{Account: "A", State: Answered, Score: 10},
	{Account: "A", State: Answered, Score: 9},
	{Account: "A", State: Answered, Score: 10},
	{Account: "B", State: Answered, Score: 9},
	{Account: "B", State: Answered, Score: 8},
	{Account: "C", State: Answered, Score: 9},
	{Account: "C", State: Answered, Score: 10},
	{Account: "C", State: Answered, Score: 5},
	{Account: "D", State: Answered, Score: 7},
	{Account: "E", State: NotReached},
}

func TestNPSByAccountRollUp(t *testing.T) {
	r, err := NPSByAccount(rollUp, nil)
	require.NoError(t, err)
	require.Len(t, r.Accounts, 5)
	for i, want := range []float64{0.6, 0.5, 1.0 / 3, 0} {
		assert.Equal(t, string("ABCD"[i]), r.Accounts[i].Account)
		assert.InDelta(t, want, r.Accounts[i].Value, 1e-15)
	}
	silent := r.Accounts[4]
	assert.True(t, silent.Empty())
	assert.Equal(t, 1, silent.Missing)
	assert.InDelta(t, 5.0/11, r.Portfolio.Value, 1e-15)
	assert.Equal(t, 11, r.Portfolio.N)
	assert.Equal(t, 1, r.Portfolio.Missing)
}

// apiNPS has clusters (school districts) in the place of accounts.
func apiNPS(t *testing.T) []Answer {
	rows := oracle.CSV(t, "data/survey/apiclus1_nps.csv")
	answers := make([]Answer, len(rows))
	for i, row := range rows {
		score, ok := map[string]int{"-1": 3, "0": 7, "1": 9}[row["nps"]]
		require.True(t, ok, row)
		answers[i] = Answer{Account: row["dnum"], State: Answered, Score: score}
	}
	return answers
}

// R survey 4.1-1, svymean with district clusters (golden.json, nps_cluster).
func TestClusterSEOfReference(t *testing.T) {
	var golden struct {
		NPSCluster struct {
			Est   float64 `json:"est"`
			SE    float64 `json:"se"`
			IIDSE float64 `json:"iid.se"`
		} `json:"nps_cluster"`
	}
	oracle.JSON(t, "oracles/survey/golden.json", &golden)
	answers := apiNPS(t)
	r, err := NPSByAccount(answers, nil)
	require.NoError(t, err)
	p := r.Portfolio
	assert.InDelta(t, golden.NPSCluster.Est, p.Value, 1e-14)
	assert.InDelta(t, golden.NPSCluster.SE, p.SE, 1e-14)

	// The reference's variance without clusters divides by n - 1.
	iid := mustNPS(t, answers, nil)
	n := float64(iid.N)
	assert.InDelta(t, golden.NPSCluster.IIDSE, iid.SE*math.Sqrt(n/(n-1)), 1e-14)
	assert.Equal(t, []Warning{WarnAccountsIgnored}, iid.Warnings)
	assert.Greater(t, (p.High-p.Low)/(iid.High-iid.Low), 2.8, "ignoring accounts makes it 2.8 times too narrow")
	assert.InDelta(t, iid.SE/p.SE, math.Sqrt(p.NEff/n), 1e-14)

	// With Method Wald the interval is the textbook's NPS ± t * SE.
	wald, err := NPSByAccount(answers, &NPSOptions{Method: Wald})
	require.NoError(t, err)
	half := tQuantile(0.95, float64(len(r.Accounts)-1)) * p.SE
	assert.InDelta(t, p.Value-half, wald.Portfolio.Low, 1e-14)
	assert.InDelta(t, p.Value+half, wald.Portfolio.High, 1e-14)
	assert.Equal(t, []Warning{WarnWald}, wald.Portfolio.Warnings, "183 answers, but worth 23")
}

// By hand: accounts (9, 9, 3) and (9): Value 1/2, sums of deviations -1/2 and
// 1/2, SE^2 = 2 * 2 * (1/8)^2 = 1/16.
func TestClusterSEByHand(t *testing.T) {
	var answers []Answer
	for i, s := range []int{9, 9, 3, 9} {
		answers = append(answers, Answer{Account: string("AAAB"[i]), State: Answered, Score: s})
	}
	r, err := NPSByAccount(answers, nil)
	require.NoError(t, err)
	assert.Equal(t, 0.5, r.Portfolio.Value)
	assert.InDelta(t, 0.25, r.Portfolio.SE, 1e-16)
	assert.Equal(t, 4.0, r.Portfolio.NEff, "never more than N")
}

func TestPortfolioOfAccountsThatAgree(t *testing.T) {
	var answers []Answer
	for _, account := range []string{"A", "A", "A", "A", "B", "C"} {
		answers = append(answers, Answer{Account: account, State: Answered, Score: 10})
	}
	r, err := NPSByAccount(answers, nil)
	require.NoError(t, err)
	p := r.Portfolio
	assert.Zero(t, p.SE)
	assert.Equal(t, 2.0, p.NEff) // 6^2 / (4^2 + 1 + 1)
	assert.Less(t, p.Low, mustNPS(t, answers, nil).Low)
	assert.Equal(t, 1.0, p.High)
}

func TestPortfolioOfOneAccount(t *testing.T) {
	answers := rollUp[:5]
	r, err := NPSByAccount(answers, nil)
	require.NoError(t, err)
	assert.Equal(t, []Warning{WarnOneAccount}, r.Portfolio.Warnings)
	assert.Equal(t, r.Accounts[0].Low, r.Portfolio.Low)
	assert.Empty(t, mustNPS(t, answers, nil).Warnings, "the account is all there is")

	empty, err := NPSByAccount(nil, nil)
	require.NoError(t, err)
	assert.NotNil(t, empty.Accounts)
	assert.True(t, empty.Portfolio.Empty())

	_, err = NPSByAccount([]Answer{{Account: "A"}, {}}, nil)
	var bad *keyaccount.InputError
	require.ErrorAs(t, err, &bad)
	assert.Equal(t, 2, bad.Row)
	assert.Equal(t, "Account", bad.Field)
}

// One answer an account leaves nothing to cluster: only t replaces z.
func TestPortfolioOfSingles(t *testing.T) {
	answers := scores(9, 9, 10, 7, 8, 3, 9, 2)
	for i := range answers {
		answers[i].Account = strconv.Itoa(i)
	}
	r, err := NPSByAccount(answers, nil)
	require.NoError(t, err)
	iid := mustNPS(t, answers, nil)
	assert.Empty(t, iid.Warnings)
	assert.InDelta(t, iid.SE*math.Sqrt(8.0/7), r.Portfolio.SE, 1e-15)
}

// Half the accounts are happy (80/15/5), half are not (20/30/50); the true
// score of the population is .225. Intervals that ignore the accounts miss it
// far more often than one time in twenty.
func TestCoverageOfClusteredAccounts(t *testing.T) {
	const reps, accounts, people, truth = 1000, 20, 8, 0.225
	r := rand.New(rand.NewPCG(20, 8))
	var ignored, clustered int
	o, err := (*NPSOptions)(nil).resolve()
	require.NoError(t, err)
	for range reps {
		var all counts
		groups := make([]counts, accounts)
		for i := range groups {
			promoter, passive := 0.2, 0.3
			if r.IntN(2) == 0 {
				promoter, passive = 0.8, 0.15
			}
			for range people {
				switch u := r.Float64(); {
				case u < promoter:
					groups[i].promoters++
				case u < promoter+passive:
					groups[i].passives++
				default:
					groups[i].detractors++
				}
			}
			all.merge(groups[i])
		}
		if e := o.estimate(all); e.Low <= truth && truth <= e.High {
			ignored++
		}
		if e := o.portfolio(groups); e.Low <= truth && truth <= e.High {
			clustered++
		}
	}
	assert.Less(t, ignored, 800, "of %d", reps)
	assert.Greater(t, clustered, 930, "of %d", reps)
	t.Logf("coverage: accounts ignored %d, as clusters %d of %d", ignored, clustered, reps)
}

func benchmarkAnswers() []Answer {
	r := rand.New(rand.NewPCG(1, 5))
	answers := make([]Answer, 100_000)
	for i := range answers {
		answers[i] = Answer{
			Account: "ACC-" + strconv.Itoa(r.IntN(5000)), Contact: "contact-" + strconv.Itoa(r.IntN(15)),
			Time: at(1).AddDate(0, 0, i), State: Answered, Score: r.IntN(11),
		}
	}
	return answers
}

// 100,000 answers of 5,000 accounts, no two at one instant.
func BenchmarkNPS(b *testing.B) {
	answers := benchmarkAnswers()
	anonymous := make([]Answer, len(answers))
	for i, a := range answers {
		anonymous[i] = Answer{State: a.State, Score: a.Score}
	}
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"anonymous", func() error { _, err := NPS(anonymous, nil); return err }},
		{"contacts", func() error { _, err := NPS(answers, nil); return err }},
		{"by-account", func() error { _, err := NPSByAccount(answers, nil); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("counts", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := NPSFromCounts(10, 25, 65, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
