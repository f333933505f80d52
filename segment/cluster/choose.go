package cluster

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Rule picks the number of clusters out of a table of candidates.
type Rule string

// The rules.
const (
	// ByGap takes the smallest k whose gap is at least that of k + 1 less its
	// standard error (the 1-standard-error rule of Tibshirani, Walther and
	// Hastie 2001); the last k where there is none. It alone can say that there
	// is just one cluster, but it may stop too soon: cut in two, clusters in a line
	// at even distances look like evenly spread rows, so that it may say 1
	// although the gap of 3 is far greater. See Choice.Agreed.
	ByGap Rule = "gap"
	// BySilhouette takes the greatest mean silhouette: the exact one where it
	// was computed, else the simplified one.
	BySilhouette Rule = "silhouette"
	// ByCalinskiHarabasz takes the greatest index.
	ByCalinskiHarabasz Rule = "calinski_harabasz"
	// ByDaviesBouldin takes the smallest index.
	ByDaviesBouldin Rule = "davies_bouldin"
	// ByBIC takes the smallest BIC of a mixture.
	ByBIC Rule = "bic"
)

// ChooseOptions sets up [ChooseKMeans].
type ChooseOptions struct {
	// KMeans sets up every fit. Its Source, which must be given, draws the
	// references of the gap as well; it takes no Start.
	KMeans KMeansOptions
	// KMin and KMax bound the numbers of clusters to try. Default to 1 and 10,
	// or the number of distinct rows where that is smaller.
	KMin int
	KMax int
	// Rule picks. Defaults to ByGap.
	Rule Rule
	// References is how many reference sets the gap is compared with. Defaults
	// to 50 under ByGap, else to none, and then there is no gap.
	References int
	// ExactRows is up to how many rows the exact silhouette is computed, whose
	// time grows with their square. Defaults to 5000.
	ExactRows int
}

// Choice is a table of candidates and what was picked.
type Choice struct {
	// K is what Rule picked, and Reason says why.
	K      int             `json:"k"`
	Rule   Rule            `json:"rule"`
	Reason keyaccount.Text `json:"reason"`
	// AtLimit tells that K is the largest that was tried, so that more may be
	// better.
	AtLimit bool `json:"at_limit"`
	// Votes holds what each rule with figures would pick.
	Votes []Vote `json:"votes"`
	// Agreed tells that there are Votes, and that all name K; where some do not,
	// Reason says what they favour. Only ByGap can name 1, so that where it does
	// the others, if they have figures, never agree.
	Agreed bool `json:"agreed"`
	// Table has a row for each k.
	Table []Candidate `json:"table"`
	// KMeans or Mixture is the fit with K clusters.
	KMeans  *KMeansFit  `json:"kmeans,omitempty"`
	Mixture *MixtureFit `json:"mixture,omitempty"`
}

// Vote is a rule's pick.
type Vote struct {
	Rule Rule `json:"rule"`
	K    int  `json:"k"`
}

// Candidate is one number of clusters with its figures; one that is nil does
// not exist for this k, or was not asked for.
type Candidate struct {
	K      int    `json:"k"`
	Sizes  []int  `json:"sizes,omitempty"`
	Status Status `json:"status,omitempty"`
	// Inertia is that of k-means.
	Inertia *float64 `json:"inertia,omitempty"`
	// Gap is the mean log inertia of the references less that of the rows, and
	// GapSE its standard error. There is none where the clusters leave no
	// spread.
	Gap   *float64 `json:"gap,omitempty"`
	GapSE *float64 `json:"gap_se,omitempty"`
	// Silhouette is the exact mean, SimplifiedSilhouette that by centres.
	Silhouette           *float64 `json:"silhouette,omitempty"`
	SimplifiedSilhouette *float64 `json:"simplified_silhouette,omitempty"`
	CalinskiHarabasz     *float64 `json:"calinski_harabasz,omitempty"`
	DaviesBouldin        *float64 `json:"davies_bouldin,omitempty"`
	// LogLikelihood and BIC are those of a mixture.
	LogLikelihood *float64 `json:"log_likelihood,omitempty"`
	BIC           *float64 `json:"bic,omitempty"`
	// Failure says why a mixture could not be fitted.
	Failure string `json:"failure,omitempty"`
}

// ChooseKMeans fits k-means for every k from KMin to KMax, computes the
// figures by which one is chosen, all in the transformed units, and picks one.
// Clusters that leave no spread within have no gap and no Calinski-Harabasz
// index, because it is infinite; these rules take the first such k when they
// come to it. Where no k has a figure, KMin is taken. It refuses what
// [FitKMeans] refuses.
func ChooseKMeans(x Matrix, opts *ChooseOptions) (*Choice, error) {
	var o ChooseOptions
	if opts != nil {
		o = *opts
	}
	if o.KMeans.Start != nil {
		return nil, outOfRange("Start", strconv.Itoa(len(o.KMeans.Start)), "one start does not fit several k")
	}
	km, err := kmeansOptions(&o.KMeans, 0, x.Cols)
	o.Rule = cmp.Or(o.Rule, ByGap)
	faults := []error{err}
	switch o.Rule {
	case ByGap, BySilhouette, ByCalinskiHarabasz, ByDaviesBouldin:
	default:
		faults = append(faults, outOfRange("Rule", string(o.Rule), "k-means has no such rule"))
	}
	references := 0
	if o.Rule == ByGap {
		references = 50
	}
	o.References, err = countOption("References", o.References, references)
	faults = append(faults, err)
	o.ExactRows, err = countOption("ExactRows", o.ExactRows, 5000)
	faults = append(faults, err)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	s, err := newSpace(x, km.Transform)
	if err != nil {
		return nil, err
	}
	if o.KMin, o.KMax, err = s.kRange(o.KMin, o.KMax); err != nil {
		return nil, err
	}

	c := &chooser{Choice: Choice{Rule: o.Rule}}
	fits := make([]*KMeansFit, 0, o.KMax-o.KMin+1)
	inertias := make([]float64, 0, o.KMax-o.KMin+1)
	for k := o.KMin; k <= o.KMax; k++ {
		f := s.kmeans(k, &km)
		fits, inertias = append(fits, f), append(inertias, f.Inertia)
		c.Table = append(c.Table, s.candidate(f, km.Workers, s.n <= o.ExactRows))
	}
	c.kmeans(o.KMin, inertias, s.n)
	if o.References > 0 {
		c.gap(s.gaps(o.KMin, inertias, o.References, km), inertias)
	}
	c.pick()
	c.KMeans = fits[c.K-o.KMin]
	return &c.Choice, nil
}

// kRange fills in the default, and refuses what the rows cannot have.
func (s *space) kRange(kmin, kmax int) (lo, hi int, err error) {
	kmin = cmp.Or(kmin, 1)
	if kmax == 0 {
		kmax = s.distinct(max(kmin, 10))
	}
	if kmin < 1 || kmin > kmax {
		return 0, 0, outOfRange("KMin", strconv.Itoa(kmin), "it must lie between 1 and KMax, which is "+strconv.Itoa(kmax))
	}
	return kmin, kmax, s.checkK(kmax)
}

// candidate computes what needs no other k.
func (s *space) candidate(f *KMeansFit, workers int, exact bool) Candidate {
	k := len(f.Centres)
	c := Candidate{K: k, Sizes: f.Sizes, Status: f.Status, Inertia: &f.Inertia}
	if k < 2 || slices.Contains(f.Sizes, 0) {
		return c
	}
	labels, number := make([]int32, s.n), make([]int, k)
	for i, a := range f.Labels {
		labels[i] = int32(a)
	}
	for a := range number {
		number[a] = a
	}
	p := s.partition(labels, number, f.Sizes, k, workers)
	if exact {
		c.Silhouette = &p.silhouettes(p.exactSilhouettes()).Mean
	}
	c.SimplifiedSilhouette = &p.silhouettes(p.simplifiedSilhouettes()).Mean
	if v, ok := p.calinski(p.within()); ok {
		c.CalinskiHarabasz = &v
	}
	if v, ok := p.davies(); ok {
		c.DaviesBouldin = &v
	}
	return c
}
