#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes viewer.png and viewer-phone.png beside this file: the interactive page of the sample scan, in Chromium without a
# window, which must be on the PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."
mvn -B -ntp -q -pl efficientsegnet-io -am -Dtest='ViewerPageTest#screenshots' -Dsurefire.failIfNoSpecifiedTests=false \
    -Dscreenshots.dir="$PWD/docs/images" -Dsample.dir="$PWD/examples/data" test
