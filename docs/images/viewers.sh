#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes niivue.png, dwv.png and imagej.png beside this file: the sample scan and its organs in other people's viewers.
# Needed on the PATH: chromium, node and npm, python3, xvfb-run, xdotool, ImageMagick; and the jars, from
#   mvn -B -ntp -DskipTests -pl examples/cli,examples/imagej,benchmarks -am package
# NiiVue, dwv and esbuild come from npm into a scratch folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
images=$PWD/docs/images
scan=$PWD/examples/data/example_ct.nii.gz
plugin=$PWD/examples/imagej/target/efficientsegnet_imagej.jar
segment=(java -jar "$PWD/examples/cli/target/efficientsegnet.jar" segment)
benchmarks=$PWD/benchmarks/target/benchmarks.jar
imagej=$(find "${MAVEN_REPOSITORY:-$HOME/.m2/repository}/net/imagej/ij" -name 'ij-*.jar' | tail -1)
scratch=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2> /dev/null || true; rm -rf "$scratch"' EXIT
cp "$images"/viewers/* "$scratch"
cp "$scan" "$scratch/ct.nii.gz"
cd "$scratch"

java -cp "$benchmarks" org.efficientsegnet.benchmarks.ScanSeries ct.nii.gz series
"${segment[@]}" -q ct.nii.gz -o labels.nii.gz --sides --colors labels.label
"${segment[@]}" -q series -o labels.dcm --sides

npm install --silent --no-fund --no-audit @niivue/niivue@0.69.0 dwv@0.36.4 esbuild@0.25.0 > npm.log
npx esbuild dwv.js --bundle --format=esm --log-level=warning --outfile=dwv-bundle.js
cp -r node_modules/dwv/dist/assets .
python3 -m http.server 8765 --bind 127.0.0.1 > http.log 2>&1 &
pids+=($!)
sleep 1
page() { # NAME WIDTH HEIGHT
    chromium --headless=new --no-sandbox --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader \
        --hide-scrollbars --window-size="$2,$3" --virtual-time-budget=60000 --screenshot="$1.png" \
        "http://127.0.0.1:8765/$1.html" > "$1.log" 2>&1
    convert "$1.png" -strip -colors 200 "PNG8:$images/$1.png"
}
page niivue 760 560
page dwv 640 530

java -Djava.awt.headless=true -cp "$plugin:$imagej" Tiff.java ct.nii.gz ct.tif
mkdir -p imagej/plugins
cp "$plugin" imagej/plugins
cat > imagej.sh <<EOF
java -cp "$imagej" -Dplugins.dir="$scratch/imagej" ij.ImageJ -macro "$scratch/imagej.ijm" "$scratch/ct.tif" &
process=\$!
for i in \$(seq 100); do
    sleep 2
    xdotool search --name '^Organs of' > /dev/null 2>&1 && break
done
sleep 10
import -window root imagej.png
kill \$process
EOF
xvfb-run -a -s '-screen 0 865x715x24' bash imagej.sh > imagej.log 2>&1
convert imagej.png -strip -colors 128 "PNG8:$images/imagej.png"
