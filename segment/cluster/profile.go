package cluster

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// DescribeOptions sets up [Describe].
type DescribeOptions struct {
	// Features name the columns. Defaults to "column 1", "column 2", ….
	Features []Feature
	// Transform, where given, is applied before differences are measured;
	// means stay in the original units. Defaults to none.
	Transform *Transform
	// Drivers is how many features a name is made of at most, unless more are
	// needed to tell two clusters apart. Defaults to 2.
	Drivers int
	// Threshold is the standardised difference from which on a feature gets
	// into the name. Defaults to 0.5.
	Threshold float64
}

// Profiles says what the clusters are like.
type Profiles struct {
	Rows     int       `json:"rows"`
	Clusters []Profile `json:"clusters"`
}

// Profile says what sets a cluster apart.
type Profile struct {
	Cluster int `json:"cluster"`
	Size    int `json:"size"`
	// Share is Size over all rows.
	Share float64 `json:"share"`
	// Name is made of the features in which the cluster differs most, such as
	// "high revenue, rare orders" (高收入，订单少); no two clusters that have rows have the same.
	Name keyaccount.Text `json:"name"`
	// Distinctness is the squared distance between the means of the cluster
	// and of all rows, in standard deviations: the sum of the Contributions.
	Distinctness float64 `json:"distinctness"`
	// Features are in the order of the columns.
	Features []FeatureProfile `json:"features"`
	// Drivers are the columns, counted from 0, by falling Contribution; those
	// without one are left out.
	Drivers []int `json:"drivers,omitempty"`
}

// FeatureProfile is one feature of a cluster.
type FeatureProfile struct {
	Feature string `json:"feature"`
	// Mean and Overall are the means of the cluster and of all rows, in the
	// original units.
	Mean    float64 `json:"mean"`
	Overall float64 `json:"overall"`
	// Difference is how far the cluster's mean is from that of all rows, in
	// population standard deviations over all rows, after the transform where
	// there is one; 0 for a constant column.
	Difference float64 `json:"difference"`
	// Contribution is the square of Difference.
	Contribution float64 `json:"contribution"`
}

// Names returns the name of each cluster, for [Model].Names.
func (p *Profiles) Names() []keyaccount.Text {
	names := make([]keyaccount.Text, len(p.Clusters))
	for i := range p.Clusters {
		names[i] = p.Clusters[i].Name
	}
	return names
}

// Describe says what the clusters are like that labels divide the rows of x into. The
// values of x are the original ones, from before any transform. It refuses
// the labels that [Silhouette] refuses, but for one cluster alone. A label below the largest that no row has gets
// a profile of size 0 with the name "empty".
func Describe(x Matrix, labels []int, opts *DescribeOptions) (*Profiles, error) {
	var o DescribeOptions
	if opts != nil {
		o = *opts
	}
	var faults []error
	var err error
	o.Drivers, err = countOption("Drivers", o.Drivers, 2)
	faults = append(faults, err, checkFeatures(o.Features, x.Cols), checkTransform(o.Transform, x.Cols))
	o.Threshold = cmp.Or(o.Threshold, 0.5)
	if !(o.Threshold > 0 && finite(o.Threshold)) {
		faults = append(faults, outOfRange("Threshold", number(o.Threshold), "it must be above 0"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	s, err := newSpace(x, nil)
	if err != nil {
		return nil, err
	}
	z := s
	if o.Transform != nil {
		if z, err = newSpace(x, o.Transform); err != nil {
			return nil, err
		}
	}
	k, err := checkLabels(labels, s.n)
	if err != nil {
		return nil, err
	}
	features := slices.Clone(o.Features)
	for j := len(features); j < s.d; j++ {
		name := featureName(nil, j)
		features = append(features, Feature{Name: name, Label: keyaccount.Text{En: name, Zh: "第" + strconv.Itoa(j+1) + "列"}})
	}

	p := &Profiles{Rows: s.n, Clusters: make([]Profile, k)}
	for _, a := range labels {
		p.Clusters[a].Size++
	}
	for a := range p.Clusters {
		p.Clusters[a].Cluster = a
		p.Clusters[a].Share = float64(p.Clusters[a].Size) / float64(s.n)
		p.Clusters[a].Features = make([]FeatureProfile, s.d)
	}
	for j, f := range features {
		p.column(j, f.Name, s, z, labels)
	}
	for a := range p.Clusters {
		p.Clusters[a].rank()
	}
	p.name(features, &o)
	return p, nil
}

// column fills in feature j of every cluster.
func (p *Profiles) column(j int, name string, s, z *space, labels []int) {
	original := s.means(j, labels, len(p.Clusters))
	measured := original
	if z != s {
		measured = z.means(j, labels, len(p.Clusters))
	}
	for a := range p.Clusters {
		c := &p.Clusters[a]
		f := FeatureProfile{Feature: name, Overall: original.mean}
		if c.Size > 0 {
			f.Mean = original.means[a]
			if measured.sd > 0 {
				f.Difference = (measured.means[a] - measured.mean) / measured.sd
				f.Contribution = f.Difference * f.Difference
			}
		}
		c.Features[j] = f
		c.Distinctness += f.Contribution
	}
}

// columnMeans are those of one column.
type columnMeans struct {
	mean, sd float64
	means    []float64 // by cluster
}

func (s *space) means(j int, labels []int, k int) columnMeans {
	column := make([]float64, s.n)
	m := columnMeans{means: make([]float64, k)}
	sizes := make([]int, k)
	for i := range column {
		column[i] = s.x[i*s.d+j]
		sizes[labels[i]]++
	}
	m.mean, m.sd = meanAndSD(column)
	// About the mean, so that the mean of equal values is not off by rounding.
	for i, v := range column {
		m.means[labels[i]] += v - m.mean
	}
	for a, n := range sizes {
		if n > 0 {
			m.means[a] = m.mean + m.means[a]/float64(n)
		}
	}
	return m
}

func (c *Profile) rank() {
	for j := range c.Features {
		if c.Features[j].Contribution > 0 {
			c.Drivers = append(c.Drivers, j)
		}
	}
	slices.SortStableFunc(c.Drivers, func(a, b int) int {
		return cmp.Compare(c.Features[b].Contribution, c.Features[a].Contribution)
	})
}

// name gives every cluster the phrases of its drivers: as many as reach the
// threshold and the options allow, then one more at a time as long as two
// names are equal, and at last a number.
func (p *Profiles) name(features []Feature, o *DescribeOptions) {
	filled := make([]Feature, len(features))
	for j, f := range features {
		filled[j] = f.filled()
	}
	phrases := make([]int, len(p.Clusters))
	for a := range p.Clusters {
		c := &p.Clusters[a]
		for n, j := range c.Drivers {
			if n < o.Drivers && math.Abs(c.Features[j].Difference) >= o.Threshold {
				phrases[a] = n + 1
			}
		}
		c.Name = c.phrase(filled, phrases[a])
	}
	for longer := true; longer; {
		longer = false
		for _, a := range p.ambiguous() {
			c := &p.Clusters[a]
			if phrases[a] < len(c.Drivers) {
				phrases[a]++
				c.Name = c.phrase(filled, phrases[a])
				longer = true
			}
		}
	}
	p.number()
}

// ambiguous lists the clusters whose name, in either language, another one has.
func (p *Profiles) ambiguous() (clusters []int) {
	en, zh := map[string]int{}, map[string]int{}
	for a := range p.Clusters {
		en[p.Clusters[a].Name.En]++
		zh[p.Clusters[a].Name.Zh]++
	}
	for a := range p.Clusters {
		if name := p.Clusters[a].Name; en[name.En] > 1 || zh[name.Zh] > 1 {
			clusters = append(clusters, a)
		}
	}
	return clusters
}

// number tells the clusters apart that nothing else does: the first keeps its
// name.
func (p *Profiles) number() {
	en, zh, used := map[string]bool{}, map[string]bool{}, map[keyaccount.Text]int{}
	for a := range p.Clusters {
		if p.Clusters[a].Size == 0 {
			continue
		}
		base := p.Clusters[a].Name
		name := base
		for en[name.En] || zh[name.Zh] {
			used[base]++
			n := strconv.Itoa(used[base] + 1)
			name = keyaccount.Text{En: base.En + " (" + n + ")", Zh: base.Zh + "（" + n + "）"}
		}
		en[name.En], zh[name.Zh] = true, true
		p.Clusters[a].Name = name
	}
}

func (c *Profile) phrase(features []Feature, n int) keyaccount.Text {
	switch {
	case c.Size == 0:
		return keyaccount.Text{En: "empty", Zh: "空"}
	case n == 0:
		return keyaccount.Text{En: "average", Zh: "中等"}
	}
	var en, zh []string
	for _, j := range c.Drivers[:n] {
		side := features[j].Low
		if c.Features[j].Difference > 0 {
			side = features[j].High
		}
		en, zh = append(en, side.En), append(zh, side.Zh)
	}
	return keyaccount.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "，")}
}
