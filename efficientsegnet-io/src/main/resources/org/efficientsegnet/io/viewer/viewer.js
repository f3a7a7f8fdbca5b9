'use strict';
(() => {
  const element = (id) => document.getElementById(id);
  const scan = JSON.parse(element('scan').textContent);
  const { Niivue, NVImage, SLICE_TYPE, SHOW_RENDER, DRAG_MODE, MULTIPLANAR_TYPE } = window.niivue;
  const organsByLabel = new Map(scan.organs.map((organ) => [organ.label, organ]));
  const hidden = new Set();
  const common = {
    logLevel: 'error',
    backColor: [0, 0, 0, 1],
    crosshairColor: [0.91, 0.93, 0.95, 0.8],
    fontColor: [0.8, 0.84, 0.9, 1],
    dragAndDropEnabled: false,
    viewModeHotKey: '',
    clipPlaneHotKey: '',
    cycleClipPlaneHotKey: '',
    loadingText: 'loading'
  };

  function fail(error) {
    element('problem').textContent = 'The images cannot be shown: ' + (error && error.message ? error.message : error)
      + '. The page needs a browser with WebGL 2; the volumes below hold all the same.';
  }

  /** Red, green, blue and opacity of every label, as the library wants them. */
  function colors() {
    const map = { R: [0], G: [0], B: [0], A: [0], I: [0], labels: ['background'] };
    for (const organ of scan.organs) {
      map.I.push(organ.label);
      map.R.push(parseInt(organ.color.slice(1, 3), 16));
      map.G.push(parseInt(organ.color.slice(3, 5), 16));
      map.B.push(parseInt(organ.color.slice(5, 7), 16));
      map.A.push(hidden.has(organ.label) ? 0 : 255);
      map.labels.push(organ.name);
    }
    return map;
  }

  async function image(id, name, options) {
    return NVImage.loadFromBase64({ base64: element(id).textContent, name, ...options });
  }

  /** Right, Anterior, Superior in millimetres, by the names of the sides. */
  function place(mm) {
    return Array.from(mm).slice(0, 3)
      .map((value, axis) => (value < 0 ? 'LPI' : 'RAS')[axis] + ' ' + Math.abs(value).toFixed(1)).join(', ') + ' mm';
  }

  async function start() {
    const planes = new Niivue({
      ...common,
      sliceType: SLICE_TYPE.MULTIPLANAR,
      multiplanarShowRender: SHOW_RENDER.NEVER,
      multiplanarLayout: MULTIPLANAR_TYPE.AUTO,
      multiplanarPadPixels: 6,
      isRadiologicalConvention: true,
      sagittalNoseLeft: true,
      crosshairGap: 8,
      dragMode: DRAG_MODE.slicer3D,
      scrollRequiresFocus: false
    });
    const body = new Niivue({
      ...common,
      sliceType: SLICE_TYPE.RENDER,
      show3Dcrosshair: true,
      crosshairWidth: 1
    });
    // Double clicks would set a window that no button shows.
    planes.resetBriCon = () => {};
    body.resetBriCon = () => {};
    await planes.attachToCanvas(element('planes'));
    await body.attachToCanvas(element('organs'));
    const ct = await image('ct', 'ct.nii.gz', { colormap: 'gray', cal_min: -160, cal_max: 240 });
    const overlay = await image('labels', 'labels.nii.gz', { opacity: 0.5 });
    const solid = await image('labels', 'labels.nii.gz', { opacity: 1 });
    overlay.setColormapLabel(colors());
    solid.setColormapLabel(colors());
    planes.addVolume(ct);
    planes.addVolume(overlay);
    body.addVolume(solid);
    await body.setVolumeRenderIllumination(0.6);
    body.setRenderAzimuthElevation(180, 10);

    const sliders = ['sagittal', 'coronal', 'axial'].map((name) => element(name));
    const extents = Array.from(ct.dimsRAS).slice(1, 4);
    sliders.forEach((slider, axis) => {
      slider.max = String(extents[axis] - 1);
    });

    /** A position of the scan, in fractions of its extents, becomes that of every view. */
    function moveTo(fraction) {
      planes.scene.crosshairPos = fraction;
      planes.createOnLocationChange();
      planes.drawScene();
    }

    planes.onLocationChange = (location) => {
      const voxel = planes.frac2vox(planes.scene.crosshairPos);
      sliders.forEach((slider, axis) => {
        slider.value = String(Math.round(voxel[axis]));
        slider.nextElementSibling.value = (Math.round(voxel[axis]) + 1) + '/' + extents[axis];
      });
      const values = location.values;
      const organ = organsByLabel.get(Math.round(values[1].value));
      element('place').textContent = place(location.mm) + ' \u00b7 ' + Math.round(values[0].value) + ' HU \u00b7 '
        + (organ ? organ.name : 'no organ');
      // Both show the same grid.
      body.scene.crosshairPos = planes.scene.crosshairPos.slice();
      body.drawScene();
    };

    function step(axis, by) {
      const move = [0, 0, 0];
      move[axis] = by;
      planes.moveCrosshairInVox(...move);
    }

    sliders.forEach((slider, axis) => {
      slider.addEventListener('input', () => {
        const voxel = Array.from(planes.frac2vox(planes.scene.crosshairPos));
        voxel[axis] = Number(slider.value);
        moveTo(planes.vox2frac(voxel));
      });
    });

    /** One of a group of buttons is pressed. */
    function choose(group, chosen) {
      document.querySelectorAll(group).forEach((button) => {
        button.setAttribute('aria-pressed', String(button === chosen));
      });
    }

    const windows = Array.from(document.querySelectorAll('button[data-window]'));
    windows.forEach((button) => button.addEventListener('click', () => {
      const [center, width] = button.dataset.window.split('/').map(Number);
      ct.cal_min = center - width / 2;
      ct.cal_max = center + width / 2;
      planes.updateGLVolume();
      choose('button[data-window]', button);
    }));

    document.querySelectorAll('button[data-view]').forEach((button) => button.addEventListener('click', () => {
      planes.setSliceType(SLICE_TYPE[button.dataset.view]);
      choose('button[data-view]', button);
    }));

    const opacity = element('opacity');
    function blend() {
      planes.setOpacity(1, Number(opacity.value) / 100);
      opacity.nextElementSibling.value = opacity.value + ' %';
    }
    opacity.addEventListener('input', blend);

    function jump(organ) {
      // In true millimetres, also where the grid is oblique to the patient.
      moveTo(planes.mm2frac(organ.place, 0, true));
    }

    document.querySelectorAll('button[data-jump]').forEach((button) => button.addEventListener('click', () => {
      jump(organsByLabel.get(Number(button.dataset.jump)));
    }));
    document.querySelectorAll('input[data-show]').forEach((box) => box.addEventListener('change', () => {
      const label = Number(box.dataset.show);
      if (box.checked) {
        hidden.delete(label);
      } else {
        hidden.add(label);
      }
      overlay.setColormapLabel(colors());
      solid.setColormapLabel(colors());
      planes.updateGLVolume();
      body.updateGLVolume();
    }));

    element('reset').addEventListener('click', () => {
      planes.setPan2Dxyzmm([0, 0, 0, 1]);
      body.setScale(1);
      body.setRenderAzimuthElevation(180, 10);
    });

    const found = scan.organs.filter((organ) => organ.place);
    let last = -1;
    const keys = {
      ArrowUp: () => step(2, 1),
      ArrowDown: () => step(2, -1),
      ArrowLeft: () => step(0, 1),
      ArrowRight: () => step(0, -1),
      PageUp: () => step(1, 1),
      PageDown: () => step(1, -1),
      n: () => {
        if (found.length > 0) {
          last = (last + 1) % found.length;
          jump(found[last]);
        }
      },
      '+': () => {
        opacity.value = String(Number(opacity.value) + 10);
        blend();
      },
      '-': () => {
        opacity.value = String(Number(opacity.value) - 10);
        blend();
      }
    };
    windows.forEach((button, index) => {
      keys[String(index + 1)] = () => button.click();
    });
    document.addEventListener('keydown', (event) => {
      if (event.target.type === 'range' || event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) {
        return;
      }
      event.preventDefault();
      keys[event.key]();
    });

    blend();
    if (found.length > 0) {
      last = 0;
      jump(found[0]);
    } else {
      moveTo([0.5, 0.5, 0.5]);
    }
    document.documentElement.dataset.ready = 'true';
  }

  for (const organ of scan.organs) {
    document.querySelectorAll('[data-chip="' + organ.label + '"]').forEach((chip) => {
      chip.style.backgroundColor = organ.color;
    });
  }
  start().catch(fail);
})();
