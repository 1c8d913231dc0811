// Loaded before the tests: whether a property fails is asked here, and the
// smallest way to make it fail takes longer to find than all else.
import fc from "fast-check";

fc.configureGlobal({ endOnFailure: true });
