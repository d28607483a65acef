// The random walk on a grid. REAL is float or double.
//
// Rows lie apart with zeros between them, and zeros lie before the first row and after the last, so that a neighbour
// outside the grid is read as zero without a test.

// y = x T for all maps: y_i = scale_i (x_i + sum over offsets of w_i x_(i + shift) + w_(i - shift) x_(i - shift)).
// One thread for each map and node. x, y: [maps][size]; weights: [offsets][size]; scale: [size]; the nodes of a row of
// `size` are `first` to `first + nodes - 1`, padding between the grid's rows included, where scale is 0.
extern "C" __global__ void walk_step(
        const REAL* __restrict__ x,
        REAL* __restrict__ y,
        const REAL* __restrict__ weights,
        const REAL* __restrict__ scale,
        const int* __restrict__ shifts,
        int offsets,
        int maps,
        int first,
        int nodes,
        int size) {
    long long thread = (long long) blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= (long long) maps * nodes) {
        return;
    }
    int node = first + (int) (thread % nodes);
    long long map = thread / nodes * size;
    REAL sum = x[map + node];
    for (int o = 0; o < offsets; o++) {
        int shift = shifts[o];
        const REAL* w = weights + (long long) o * size + node;
        sum += w[0] * x[map + node + shift] + w[-shift] * x[map + node - shift];
    }
    y[map + node] = scale[node] * sum;
}
