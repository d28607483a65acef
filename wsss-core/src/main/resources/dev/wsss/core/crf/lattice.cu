// Mean-field inference on a permutohedral lattice whose vertices and weights are given.

// Output row i is the sum of the input's rows indices[first[i]] to indices[first[i + 1] - 1], weighted: a splat, a blur
// along one axis, or a slice, as the three arrays say. One thread for each output row and label, labels side by side, so
// that neighbouring threads read neighbouring values. in: [input rows][labels]; out: [rows][labels]; first: [rows].
extern "C" __global__ void row_sums(
        const float* __restrict__ in,
        const int* __restrict__ indices,
        const int* __restrict__ first,
        const float* __restrict__ weights,
        int rows,
        int entries,
        int labels,
        float* __restrict__ out) {
    long long thread = (long long) blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= (long long) rows * labels) {
        return;
    }
    int row = (int) (thread / labels);
    int label = (int) (thread % labels);
    int end = row + 1 < rows ? first[row + 1] : entries;
    float sum = 0;
    for (int e = first[row]; e < end; e++) {
        sum += weights[e] * in[(long long) indices[e] * labels + label];
    }
    out[thread] = sum;
}

// The softmax of each row. One thread for each row. energies, q: [rows][labels], negative energies in.
extern "C" __global__ void softmax_rows(const float* __restrict__ energies, int rows, int labels, float* __restrict__ q) {
    long long row = (long long) blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) {
        return;
    }
    const float* in = energies + row * labels;
    float* out = q + row * labels;
    float greatest = in[0];
    for (int l = 1; l < labels; l++) {
        greatest = fmaxf(greatest, in[l]);
    }
    float sum = 0;
    for (int l = 0; l < labels; l++) {
        float e = expf(in[l] - greatest);
        out[l] = e;
        sum += e;
    }
    float inverse = 1.0f / sum;
    for (int l = 0; l < labels; l++) {
        out[l] *= inverse;
    }
}
