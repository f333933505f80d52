// Package cluster answers: which groups are there among our accounts that
// nobody has named yet, and what are they like?
//
// [FitKMeans] divides rows z of features into k clusters, each around the mean
// of its rows, so that
//
//	Inertia = Σ |z − centre(cluster of z)|²
//
// is small; [FitMixture] takes them for draws from k Gaussians of density
//
//	p(z) = Σ Weight_c N(z; Mean_c, Covariance_c)
//
// and [FitPAM] divides around rows by any measure of unlikeness. [ChooseKMeans]
// and [ChooseMixture] find k, with a table of figures and the rule that picks.
// [Describe] says what sets each cluster apart and gives it a name;
// [MatchLabels] and [MatchCentres] keep its number the same from run to run.
//
// Features of different units are made comparable first. What [FitTransform]
// learns becomes part of the [Model], which treats a new account as it treated
// those it was fitted on:
//
//	x, err := cluster.NewMatrix(rows)
//	t, err := cluster.FitTransform(x, cluster.Step{Kind: cluster.Log1p}, cluster.Step{Kind: cluster.Standardise})
//	choice, err := cluster.ChooseKMeans(x, &cluster.ChooseOptions{
//		KMeans: cluster.KMeansOptions{Source: rand.NewPCG(1, 2), Transform: t},
//	})
//	fit := choice.KMeans
//	profiles, err := cluster.Describe(x, fit.Labels, &cluster.DescribeOptions{Features: features, Transform: t})
//	fit.Names = profiles.Names()
//	a, err := fit.Assign(row) // fit.Names[a.Cluster].In("zh")
//
// Randomness comes from the caller: the same source in the same state gives
// the same result, bit for bit, for any number of workers. No function writes
// to the rows it is given.
//
// Sources:
//
//   - k-means: Lloyd, Least Squares Quantization in PCM, IEEE Transactions on
//     Information Theory 28 (1982) 129-137; Arthur and Vassilvitskii,
//     k-means++: The Advantages of Careful Seeding, SODA (2007) 1027-1035;
//     Hamerly, Making k-means Even Faster, SDM (2010) 130-140.
//   - Gaussian mixtures: Dempster, Laird and Rubin, Maximum Likelihood from
//     Incomplete Data via the EM Algorithm, JRSS B 39 (1977) 1-38; Schwarz,
//     Estimating the Dimension of a Model, Annals of Statistics 6 (1978)
//     461-464.
//   - PAM: Kaufman and Rousseeuw, Finding Groups in Data (1990), chapter 2;
//     Schubert and Rousseeuw, Faster k-Medoids Clustering, SISAP (2019)
//     171-187.
//   - Choice of k: Tibshirani, Walther and Hastie, Estimating the Number of
//     Clusters in a Data Set via the Gap Statistic, JRSS B 63 (2001) 411-423;
//     Rousseeuw, Silhouettes, Journal of Computational and Applied Mathematics
//     20 (1987) 53-65; Hruschka, de Castro and Campello, Evolutionary
//     Algorithms for Clustering Gene-Expression Data, ICDM (2004) 403-406;
//     Calinski and Harabasz, A Dendrite Method for Cluster Analysis,
//     Communications in Statistics 3 (1974) 1-27; Davies and Bouldin, A
//     Cluster Separation Measure, IEEE PAMI 1 (1979) 224-227.
//   - Matching: Jonker and Volgenant, A Shortest Augmenting Path Algorithm for
//     Dense and Sparse Linear Assignment Problems, Computing 38 (1987) 325-340;
//     Hubert and Arabie, Comparing Partitions, Journal of Classification 2
//     (1985) 193-218.
package cluster
