package cyclonedx

// SPDX are the names of licences that are known.
var SPDX = spdx
