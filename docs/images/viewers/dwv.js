// SPDX-License-Identifier: Apache-2.0
// Shows a DICOM series with the DICOM SEG of its organs, as dwv does by itself.
import * as dwv from 'dwv';

const log = text => { document.getElementById('log').textContent += text + '\n'; };
const app = new dwv.App();
const options = new dwv.AppOptions({ '*': [new dwv.ViewConfig('layerGroup0')] });
options.viewOnFirstLoadItem = false;
app.init(options);
app.addEventListener('error', e => log('error ' + (e.error && e.error.message)));

const loaded = [];
app.addEventListener('load', e => {
  loaded.push(e.dataid);
  app.render(e.dataid);
  const group = app.getLayerGroupByDivId('layerGroup0');
  if (loaded.length === 1) {
    app.loadURLs(['labels.dcm']);
    return;
  }
  const view = group.getViewLayersByDataId(loaded[0])[0].getViewController();
  view.setWindowLevel(new dwv.WindowLevel(40, 400));
  view.setCurrentPosition(app.getData(loaded[0]).image.getGeometry().indexToWorld(new dwv.Index([60, 50, 91])));
  const organs = group.getViewLayersByDataId(loaded[1])[0];
  organs.setOpacity(0.6);
  organs.draw();
});
app.loadURLs([...Array(112).keys()].map(slice => 'series/' + slice));
